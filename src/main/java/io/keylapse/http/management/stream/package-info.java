/**
 * Streams of the management API: exports of lists and feeds, and how many may run at once.
 *
 * <p>Read {@link io.keylapse.http.management.stream.Exports} first.
 */
@NullMarked
package io.keylapse.http.management.stream;

import org.jspecify.annotations.NullMarked;
