/**
 * The source of record in Postgres: issued keys, their states, and the changes to them.
 *
 * <p>All instants here come from Postgres's clock, which decides whether a deadline has passed. Read {@link
 * io.keylapse.registry.KeyTable} first, then the migrations under {@code db/migration}.
 */
@NullMarked
package io.keylapse.registry;

import org.jspecify.annotations.NullMarked;
