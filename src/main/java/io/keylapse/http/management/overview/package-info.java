/**
 * The overview for admins: their own permissions, how many keys there are, and how fast expiries are recorded.
 *
 * <p>Read {@link io.keylapse.http.management.overview.OverviewController} first.
 */
@NullMarked
package io.keylapse.http.management.overview;

import org.jspecify.annotations.NullMarked;
