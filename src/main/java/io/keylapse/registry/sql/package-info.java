/**
 * How Postgres is spoken to: statements, transactions, and pages that are found again by a cursor.
 *
 * <p>Knows no table. Read {@link io.keylapse.registry.sql.Postgres} first.
 */
@NullMarked
package io.keylapse.registry.sql;

import org.jspecify.annotations.NullMarked;
