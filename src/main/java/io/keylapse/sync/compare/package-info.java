/**
 * Compares Redis with Postgres a page at a time, and repairs the differences.
 *
 * <p>Read {@link io.keylapse.sync.compare.Comparison} first.
 */
@NullMarked
package io.keylapse.sync.compare;

import org.jspecify.annotations.NullMarked;
