/**
 * Access to Postgres: statements, transactions, repositories, and what a failure means.
 *
 * <p>It depends on no table of keys. Read {@link io.keylapse.registry.sql.Postgres} first.
 */
@NullMarked
package io.keylapse.registry.sql;

import org.jspecify.annotations.NullMarked;
