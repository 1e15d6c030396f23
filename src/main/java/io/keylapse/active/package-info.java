/**
 * Redis: the active keys, each with a native TTL, and the signal that one has expired.
 *
 * <p>Everything here is a hint for speed. Postgres decides; whatever Redis has lost or never got is found there. Read
 * {@link io.keylapse.active.ActiveKeys} first, then {@code apply.lua}.
 */
@NullMarked
package io.keylapse.active;

import org.jspecify.annotations.NullMarked;
