/**
 * How many requests other than checks are worked on at once.
 *
 * <p>Read {@link io.keylapse.http.connection.lane.LaneSelector} first.
 */
@NullMarked
package io.keylapse.http.connection.lane;

import org.jspecify.annotations.NullMarked;
