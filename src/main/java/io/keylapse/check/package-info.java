/**
 * The hot path: is this key good right now?
 *
 * <p>Redis answers; when it has nothing to say, Postgres decides. Nothing here blocks the caller. Read {@link
 * io.keylapse.check.KeyCheck} first.
 */
@NullMarked
package io.keylapse.check;

import org.jspecify.annotations.NullMarked;
