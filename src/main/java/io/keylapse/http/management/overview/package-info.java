/**
 * What an admin looks at first: who am I here, how many keys are there, and how is it going?
 *
 * <p>Read {@link io.keylapse.http.management.overview.OverviewController} first.
 */
@NullMarked
package io.keylapse.http.management.overview;

import org.jspecify.annotations.NullMarked;
