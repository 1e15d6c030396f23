package io.keylapse.security;

import io.keylapse.registry.sql.Columns;
import io.keylapse.registry.sql.Postgres;
import jakarta.inject.Singleton;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The table of management keys. */
@Singleton
final class ManagementKeyTable {
    private static final String SELECT =
            "SELECT id, name, role, digest, hint, created_at, expires_at FROM management_key";

    private final Postgres postgres;

    ManagementKeyTable(Postgres postgres) {
        this.postgres = postgres;
    }

    /** A row, in the words of the table. */
    @SuppressWarnings("ArrayRecordComponent") // never compared as a record
    record Row(
            UUID id,
            String name,
            String role,
            byte[] digest,
            String hint,
            Instant createdAt,
            @Nullable Instant expiresAt) {}

    /** Adds a management key. */
    void insert(Row key) {
        postgres.update(
                "INSERT INTO management_key (id, name, role, digest, hint, created_at, expires_at)"
                        + " VALUES (?, ?, ?, ?, ?, ?, ?)",
                key.id(),
                key.name(),
                key.role(),
                key.digest(),
                key.hint(),
                key.createdAt(),
                key.expiresAt());
    }

    /** The management key of that digest, unless its deadline has passed. */
    Optional<Row> findLive(byte[] digest) {
        return postgres.queryFirst(
                SELECT + " WHERE digest = ? AND (expires_at IS NULL OR expires_at > now())",
                ManagementKeyTable::read,
                (Object) digest);
    }

    /** Those of these ids whose deadline has not passed, if Postgres answers in time. */
    List<Row> findLive(Collection<UUID> ids, Duration patience) {
        return postgres.query(
                patience,
                SELECT + " WHERE id = ANY (?) AND (expires_at IS NULL OR expires_at > now())",
                ManagementKeyTable::read,
                (Object) ids.toArray(UUID[]::new));
    }

    /** The digests of those whose deadline has not passed. */
    List<byte[]> liveDigests() {
        return postgres.query(
                "SELECT digest FROM management_key WHERE expires_at IS NULL OR expires_at > now()",
                row -> row.getBytes(1));
    }

    /** All of them, newest first. */
    List<Row> all() {
        return postgres.query(SELECT + " ORDER BY id DESC", ManagementKeyTable::read);
    }

    /** Deletes one; false when there is none of that id. */
    boolean delete(UUID id) {
        return postgres.update("DELETE FROM management_key WHERE id = ?", id) == 1;
    }

    private static Row read(ResultSet row) throws SQLException {
        return new Row(
                row.getObject("id", UUID.class),
                row.getString("name"),
                row.getString("role"),
                row.getBytes("digest"),
                row.getString("hint"),
                Columns.instant(row, "created_at"),
                Columns.nullableInstant(row, "expires_at"));
    }
}
