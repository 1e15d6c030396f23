/**
 * Postgres: the source of record. Which keys were issued, what became of them, and the entries of the blacklist as they
 * are written.
 *
 * <p>All instants here are Postgres's own, because its clock decides whether a deadline has passed. Read {@link
 * io.keylapse.registry.KeyTable} first, then the migrations under {@code db/migration}.
 */
@NullMarked
package io.keylapse.registry;

import org.jspecify.annotations.NullMarked;
