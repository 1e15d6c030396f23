/**
 * The same questions and verbs in the words of OAuth 2.0, for programs that speak it already: API keys are tokens there.
 *
 * <p>Read {@link io.keylapse.http.oauth.TokenController} first.
 */
@NullMarked
package io.keylapse.http.oauth;

import org.jspecify.annotations.NullMarked;
