/**
 * Identity of the Postgres that this node is connected to. A fail-over or a restore may lose commits; Redis and this node
 * then know changes that no longer exist. Read {@link io.keylapse.history.History} first, then decision 34.
 */
@NullMarked
package io.keylapse.history;

import org.jspecify.annotations.NullMarked;
