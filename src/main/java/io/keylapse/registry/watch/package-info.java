/**
 * Health of Postgres as the readiness probe shows it: its clock, its settings, and transactions that block others.
 *
 * <p>Read {@link io.keylapse.registry.watch.PostgresWatch} first.
 */
@NullMarked
package io.keylapse.registry.watch;

import org.jspecify.annotations.NullMarked;
