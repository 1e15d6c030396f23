package io.keylapse.registry;

import io.keylapse.registry.sql.PostgresRepository;
import io.micronaut.core.annotation.Introspected;
import io.micronaut.data.annotation.Query;
import io.micronaut.data.jdbc.annotation.JdbcRepository;
import io.micronaut.data.model.query.builder.sql.Dialect;
import io.micronaut.data.repository.GenericRepository;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/** The table of idempotency keys: which request made which key, for as long as a repeat is recognised. */
@JdbcRepository(dialect = Dialect.POSTGRES)
@PostgresRepository
public interface IdempotencyRepository extends GenericRepository<IdempotencyRepository.Earlier, UUID> {
    /** How long a repeat is recognised, as an interval of Postgres. */
    String KEPT_FOR = "24 hours";

    /**
     * An earlier request with the same idempotency key.
     *
     * @param requestHash SHA-256 of what it asked for
     * @param keyId the key that it made
     */
    @Introspected
    @SuppressWarnings("ArrayRecordComponent") // never compared as a record
    record Earlier(byte[] requestHash, UUID keyId) {}

    /**
     * Locks the idempotency key until the transaction ends; false when another transaction holds it. The first number,
     * "KL", keeps clear of other users of advisory locks in the same database.
     */
    @Query("SELECT pg_try_advisory_xact_lock(19276, hashtext(:managementKey || ' ' || :key))")
    boolean tryLock(String managementKey, String key);

    /** The earlier request, if there was one that is still recognised. */
    @Query("""
            SELECT request_hash, key_id FROM idempotency_key
            WHERE management_key_id = :managementKeyId AND key = :key
            AND created_at > now() - interval '""" + KEPT_FOR + "'")
    Optional<Earlier> find(UUID managementKeyId, String key);

    /** Remembers what this request made, in place of one that is too old. */
    @Query("""
            INSERT INTO idempotency_key (management_key_id, key, request_hash, key_id, created_at)
            VALUES (:managementKeyId, :key, :requestHash, :keyId, :now)
            ON CONFLICT (management_key_id, key) DO UPDATE
            SET request_hash = EXCLUDED.request_hash, key_id = EXCLUDED.key_id, created_at = EXCLUDED.created_at""")
    int insert(UUID managementKeyId, String key, byte[] requestHash, UUID keyId, Instant now);

    /** Deletes those that are no longer recognised, and returns how many there were. */
    @Query("DELETE FROM idempotency_key WHERE created_at <= now() - interval '" + KEPT_FOR + "'")
    int deleteOld();
}
