/**
 * Carrying notices to their receivers: tried until they arrive or are given up, by any number of nodes at once.
 *
 * <p>Read {@link io.keylapse.notice.delivery.Dispatcher} first.
 */
@NullMarked
package io.keylapse.notice.delivery;

import org.jspecify.annotations.NullMarked;
