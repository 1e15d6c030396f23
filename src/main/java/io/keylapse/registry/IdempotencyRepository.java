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

/** The table of idempotency keys: which request created which key. Entries count for {@value #KEPT_FOR}. */
@JdbcRepository(dialect = Dialect.POSTGRES)
@PostgresRepository
public interface IdempotencyRepository extends GenericRepository<IdempotencyRepository.Earlier, UUID> {
    /** How long a repeated request is recognised, as a Postgres interval. */
    String KEPT_FOR = "24 hours";

    /**
     * An earlier request with the same idempotency key.
     *
     * @param requestHash SHA-256 of the request
     * @param keyId the key that it created
     */
    @Introspected
    @SuppressWarnings("ArrayRecordComponent") // never compared as a record
    record Earlier(byte[] requestHash, UUID keyId) {}

    /**
     * Locks the idempotency key until the transaction ends; false if another transaction holds the lock. The first number,
     * "KL" in ASCII, keeps these locks apart from other advisory locks in the same database.
     */
    @Query("SELECT pg_try_advisory_xact_lock(19276, hashtext(:managementKey || ' ' || :key))")
    boolean tryLock(String managementKey, String key);

    /** The earlier request, if there was one within {@value #KEPT_FOR}. */
    @Query("""
            SELECT request_hash, key_id FROM idempotency_key
            WHERE management_key_id = :managementKeyId AND key = :key
            AND created_at > now() - interval '""" + KEPT_FOR + "'")
    Optional<Earlier> find(UUID managementKeyId, String key);

    /** Stores the key that this request created. Replaces an entry that is too old to count. */
    @Query("""
            INSERT INTO idempotency_key (management_key_id, key, request_hash, key_id, created_at)
            VALUES (:managementKeyId, :key, :requestHash, :keyId, :now)
            ON CONFLICT (management_key_id, key) DO UPDATE
            SET request_hash = EXCLUDED.request_hash, key_id = EXCLUDED.key_id, created_at = EXCLUDED.created_at""")
    int insert(UUID managementKeyId, String key, byte[] requestHash, UUID keyId, Instant now);

    /** Deletes entries that are too old to count, and returns how many. */
    @Query("DELETE FROM idempotency_key WHERE created_at <= now() - interval '" + KEPT_FOR + "'")
    int deleteOld();
}
