/**
 * The outbox: notices to owners about a change, written in the transaction of the change.
 *
 * <p>Read {@link io.keylapse.registry.outbox.Outbox} first.
 */
@NullMarked
package io.keylapse.registry.outbox;

import org.jspecify.annotations.NullMarked;
