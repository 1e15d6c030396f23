/**
 * The addresses and URLs that webhooks may call.
 *
 * <p>Read {@link io.keylapse.notice.webhook.address.AllowedAddresses} first.
 */
@NullMarked
package io.keylapse.notice.webhook.address;

import org.jspecify.annotations.NullMarked;
