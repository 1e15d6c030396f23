/**
 * Signing secrets of webhooks: how they sign a request, and how they are encrypted at rest.
 *
 * <p>Read {@link io.keylapse.notice.webhook.signing.SigningSecrets} first.
 */
@NullMarked
package io.keylapse.notice.webhook.signing;

import org.jspecify.annotations.NullMarked;
