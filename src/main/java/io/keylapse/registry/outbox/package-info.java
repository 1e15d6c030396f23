/**
 * What owners are to be told of a change, written in the transaction that makes it.
 *
 * <p>Read {@link io.keylapse.registry.outbox.Outbox} first.
 */
@NullMarked
package io.keylapse.registry.outbox;

import org.jspecify.annotations.NullMarked;
