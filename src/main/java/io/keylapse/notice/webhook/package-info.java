/**
 * Delivery of notices by HTTP, following <a href="https://www.standardwebhooks.com">Standard Webhooks</a>.
 *
 * <p>Read {@link io.keylapse.notice.webhook.WebhookChannel} first; which addresses may be called is decided by {@link
 * io.keylapse.notice.webhook.address.AllowedAddresses}.
 */
@NullMarked
package io.keylapse.notice.webhook;

import org.jspecify.annotations.NullMarked;
