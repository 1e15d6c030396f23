/**
 * Telling by HTTP, as <a href="https://www.standardwebhooks.com">Standard Webhooks</a> has it.
 *
 * <p>Read {@link io.keylapse.notice.webhook.WebhookChannel} first; who may be called is decided by {@link
 * io.keylapse.notice.webhook.address.AllowedAddresses}.
 */
@NullMarked
package io.keylapse.notice.webhook;

import org.jspecify.annotations.NullMarked;
