/**
 * Keyset pagination: pages and the cursors between them.
 *
 * <p>Read {@link io.keylapse.registry.sql.page.Cursor} first.
 */
@NullMarked
package io.keylapse.registry.sql.page;

import org.jspecify.annotations.NullMarked;
