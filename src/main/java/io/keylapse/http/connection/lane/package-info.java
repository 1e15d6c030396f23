/**
 * Concurrency limits for requests other than checks.
 *
 * <p>Read {@link io.keylapse.http.connection.lane.LaneSelector} first.
 */
@NullMarked
package io.keylapse.http.connection.lane;

import org.jspecify.annotations.NullMarked;
