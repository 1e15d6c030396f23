/**
 * Synchronization: brings every change in Postgres to the memory of each node and to each Redis primary.
 *
 * <pre>
 *                ┌─► feed, on every node: raises version floors, notifies listeners
 * Postgres ──────┤
 *                ├─► follower, one node at a time: writes changes to each primary, moves its mark
 *                └─► rebuild: compares and fills a primary without a usable mark
 * </pre>
 *
 * <p><b>Design.</b> Each change of a key gets a position from a sequence. The horizon is the position up to which every
 * change is committed and visible. By default every 0.2 seconds, or 0.8 while the node is idle, the feed of each node reads
 * the changes after the last horizon, and the follower compares the mark of each primary with the horizon. Nodes coordinate only through the stores: a
 * lock in Postgres lets one node at a time bring primaries up to date and move marks; a rebuild claims its primary through
 * the mark, which also shows how far Redis is.
 *
 * <p>Each round of the feed also reads the history of Postgres. If commits were lost, the node drops its floors, stops trusting Redis,
 * and Redis is rebuilt.
 *
 * <p><b>Invariants.</b>
 *
 * <ul>
 *   <li>The feed skips no change. It reads again from the horizon, however late a transaction commits.
 *   <li>A mark moves only after every change up to its new position has been written.
 *   <li>Two nodes that lead at once do no harm: writes are versioned, and marks are replaced by compare-and-set.
 *   <li>Write deadlines are taken before Postgres is read, so a stale write does nothing.
 *   <li>A rebuilt primary is trusted only after all changes that late writes could contradict have been written.
 *   <li>Nothing is written to a Redis of another installation.
 *   <li>The feed and the follower are enough on their own. The direct write after a commit only makes them faster.
 * </ul>
 *
 * <p><b>Where to start.</b> {@link io.keylapse.sync.ChangeFeed}, then {@code RedisFollower}, {@code Resync}, and {@code
 * HistoryWatch}. {@code Ownership} and {@code StartCheck} protect a Redis that follows another Postgres. Decisions 13, 14
 * and 34 have the reasons.
 */
@NullMarked
package io.keylapse.sync;

import org.jspecify.annotations.NullMarked;
