/**
 * Which past the Postgres has that this node is connected to. A fail-over or a restore may have lost commits, and then
 * Redis and this node remember changes that never were. Read {@link io.keylapse.history.History} first.
 */
@NullMarked
package io.keylapse.history;

import org.jspecify.annotations.NullMarked;
