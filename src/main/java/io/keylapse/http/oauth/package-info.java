/**
 * OAuth 2.0 endpoints for checking and revoking keys, for programs that speak it already. API keys are the tokens.
 *
 * <p>Read {@link io.keylapse.http.oauth.TokenController} first.
 */
@NullMarked
package io.keylapse.http.oauth;

import org.jspecify.annotations.NullMarked;
