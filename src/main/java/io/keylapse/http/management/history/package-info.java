/**
 * {@code /v1/blacklist}: the history of ended keys as pages, exports, statistics and a live feed.
 *
 * <p>Read {@link io.keylapse.http.management.history.BlacklistController} first.
 */
@NullMarked
package io.keylapse.http.management.history;

import org.jspecify.annotations.NullMarked;
