/**
 * Trust in Redis: whether a node may use what a Redis primary holds, and whether it may write to it.
 *
 * <p><b>Problem.</b> Redis may lose its contents, or come back with those of an hour ago, for example after a fail-over or
 * a restored snapshot. It may also follow another Postgres. Entries must not be used just because they are there.
 *
 * <p><b>Design.</b> Two values are compared:
 *
 * <ul>
 *   <li>Each primary stores a {@link io.keylapse.active.trust.Mark}: which Postgres it follows, and up to which position of
 *       the change feed it has every change. The mark lives in Redis, so it is lost or goes back together with the entries.
 *   <li>Each node keeps {@link io.keylapse.active.trust.VersionFloors}: the lowest acceptable version of each recently
 *       changed key. They are complete from some position on.
 * </ul>
 *
 * <p>If the mark is at or after the position from which the floors are complete, the node knows every change that the
 * primary may lack. It then uses the primary and ignores each entry below its floor.
 *
 * <p><b>Invariants.</b>
 *
 * <ul>
 *   <li>A live entry is used only if its primary is trusted and its version is not below the floor.
 *   <li>The mark moves to a position only after every change up to it has been written to the primary.
 *   <li>A mark is replaced only by compare-and-set, and only on a server that has neither restarted nor
 *       been promoted since the mark was read.
 *   <li>Trust ends when a connection is lost or made, when the mark is gone or too old, and when Postgres has another
 *       history or is itself not trusted. It returns only with a mark that was read afterwards.
 *   <li>The {@link io.keylapse.active.trust.Epoch} advances when trust ends, when a mark disappears or goes back, and
 *       when a subscription is lost. That invalidates the near cache.
 *   <li>No entry is written to a primary whose mark follows another history, or has not been read.
 *       A primary without a mark may be written to.
 * </ul>
 *
 * <p><b>Where to start.</b> {@link io.keylapse.active.trust.RedisTrust} keeps the judgement of each primary; {@link
 * io.keylapse.active.trust.TrustState} is the rule; {@link io.keylapse.active.trust.MarkStore} and {@code mark.lua} read and
 * replace marks. Package {@code sync} moves the marks and fills the floors.
 */
@NullMarked
package io.keylapse.active.trust;

import org.jspecify.annotations.NullMarked;
