/**
 * Limits on concurrent connections to Postgres for each kind of work, so that no kind of work starves another.
 *
 * <p>Read {@link io.keylapse.registry.sql.lane.ConnectionLanes} first.
 */
@NullMarked
package io.keylapse.registry.sql.lane;

import org.jspecify.annotations.NullMarked;
