/**
 * Redis store of active keys: one entry per key with a native TTL, and the events that announce expiries.
 *
 * <p>Redis only makes checks and recording faster. Postgres decides, and has everything that Redis lost or never got. Read
 * {@link io.keylapse.active.ActiveKeys} first, then {@code apply.lua}.
 */
@NullMarked
package io.keylapse.active;

import org.jspecify.annotations.NullMarked;
