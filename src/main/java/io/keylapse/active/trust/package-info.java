/**
 * What of Redis may be believed.
 *
 * <p>Redis may forget, and may come back as it was hours ago. Two things tell: every primary carries a {@link
 * io.keylapse.active.trust.Mark} that says how far it has followed Postgres, and every node remembers what {@link
 * io.keylapse.active.trust.VersionFloors} there were. A primary is believed when its mark reaches back to where that
 * memory begins, for then whatever it lacks the node knows. Read {@link io.keylapse.active.trust.RedisTrust} first.
 */
@NullMarked
package io.keylapse.active.trust;

import org.jspecify.annotations.NullMarked;
