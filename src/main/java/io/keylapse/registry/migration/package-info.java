/**
 * Schema migrations of Postgres. The SQL files are in {@code db/migration}.
 *
 * <p>Read {@link io.keylapse.registry.migration.Migrations} first.
 */
@NullMarked
package io.keylapse.registry.migration;

import org.jspecify.annotations.NullMarked;
