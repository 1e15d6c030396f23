/**
 * Who may use how many of the connections to Postgres at once, so that no kind of work takes them from another.
 *
 * <p>Read {@link io.keylapse.registry.sql.lane.ConnectionLanes} first.
 */
@NullMarked
package io.keylapse.registry.sql.lane;

import org.jspecify.annotations.NullMarked;
