/**
 * {@code /v1/blacklist}: the history of endings by page, as an export and counted.
 *
 * <p>Read {@link io.keylapse.http.management.history.BlacklistController} first.
 */
@NullMarked
package io.keylapse.http.management.history;

import org.jspecify.annotations.NullMarked;
