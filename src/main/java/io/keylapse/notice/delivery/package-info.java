/**
 * Delivery of notices: attempts and retries until a notice is delivered or given up, by any number of nodes at once.
 *
 * <p>Read {@link io.keylapse.notice.delivery.Dispatcher} first.
 */
@NullMarked
package io.keylapse.notice.delivery;

import org.jspecify.annotations.NullMarked;
