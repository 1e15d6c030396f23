/**
 * Keeping Redis and every node's memory true to Postgres.
 *
 * <pre>
 *                ┌─► feed ──► what each node remembers of recent changes
 * Postgres ──────┤
 *                ├─► follower: one node carries every change to each primary and moves its mark
 *                └─► resync: a primary that is empty, or not what it was, is filled anew
 * </pre>
 *
 * <p>Read {@link io.keylapse.sync.ChangeFeed} first.
 */
@NullMarked
package io.keylapse.sync;

import org.jspecify.annotations.NullMarked;
