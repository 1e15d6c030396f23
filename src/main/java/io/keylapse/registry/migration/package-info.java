/**
 * How the schema in Postgres comes to be as this program needs it: migrations, which are in {@code db/migration}.
 *
 * <p>Read {@link io.keylapse.registry.migration.Migrations} first.
 */
@NullMarked
package io.keylapse.registry.migration;

import org.jspecify.annotations.NullMarked;
