package io.keylapse.registry;

import io.keylapse.key.KeyId;
import io.keylapse.key.ManagementKeyId;
import io.keylapse.registry.sql.Postgres;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/** Which request with an {@code Idempotency-Key} made which key, for as long as a repeat may come. */
@Singleton
public final class IdempotencyTable {
    /** How long a repeat is recognised. */
    public static final Duration REMEMBERED = Duration.ofHours(24);

    /** "KL": keeps clear of other users of advisory locks in the same database. */
    private static final int LOCK_CLASS = 19_276;

    private final Postgres postgres;

    IdempotencyTable(Postgres postgres) {
        this.postgres = postgres;
    }

    /** What an earlier request with the same idempotency key asked for, as a hash, and the key that it made. */
    @SuppressWarnings("ArrayRecordComponent") // never compared as a record
    public record Earlier(byte[] requestHash, KeyId keyId) {}

    /** Claims the idempotency key until the transaction ends; false when another transaction holds it. */
    public boolean claim(ManagementKeyId by, String key) {
        return postgres.queryFirst(
                        "SELECT pg_try_advisory_xact_lock(" + LOCK_CLASS + ", hashtext(? || ' ' || ?))",
                        row -> row.getBoolean(1),
                        by.toString(),
                        key)
                .orElse(false);
    }

    /** The earlier request, if there was one that is not forgotten. */
    public Optional<Earlier> find(ManagementKeyId by, String key) {
        return postgres.queryFirst(
                "SELECT request_hash, key_id FROM idempotency_key"
                        + " WHERE management_key_id = ? AND key = ? AND created_at > now() - ?::interval",
                row -> new Earlier(row.getBytes("request_hash"), new KeyId(row.getObject("key_id", UUID.class))),
                by.value(),
                key,
                REMEMBERED.toString());
    }

    /** Remembers what this request made, in place of one that is forgotten. */
    public void insert(ManagementKeyId by, String key, byte[] requestHash, KeyId made, Instant now) {
        postgres.update(
                "INSERT INTO idempotency_key (management_key_id, key, request_hash, key_id, created_at)"
                        + " VALUES (?, ?, ?, ?, ?) ON CONFLICT (management_key_id, key) DO UPDATE"
                        + " SET request_hash = EXCLUDED.request_hash, key_id = EXCLUDED.key_id,"
                        + " created_at = EXCLUDED.created_at",
                by.value(),
                key,
                requestHash,
                made.value(),
                now);
    }

    /** Deletes what is forgotten, and returns how much that was. */
    public int purge() {
        return postgres.update(
                "DELETE FROM idempotency_key WHERE created_at <= now() - ?::interval", REMEMBERED.toString());
    }
}
