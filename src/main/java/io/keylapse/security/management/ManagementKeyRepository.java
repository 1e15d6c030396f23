package io.keylapse.security.management;

import io.keylapse.registry.sql.PostgresRepository;
import io.micronaut.data.annotation.Query;
import io.micronaut.data.jdbc.annotation.JdbcRepository;
import io.micronaut.data.model.query.builder.sql.Dialect;
import io.micronaut.data.repository.GenericRepository;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** The table of management keys. */
@JdbcRepository(dialect = Dialect.POSTGRES)
@PostgresRepository
interface ManagementKeyRepository extends GenericRepository<ManagementKeyRow, UUID> {
    /** Adds a management key. */
    ManagementKeyRow save(ManagementKeyRow key);

    /** The management key with this digest, unless its deadline has passed. */
    @Query("SELECT * FROM management_key WHERE digest = :digest AND (expires_at IS NULL OR expires_at > now())")
    Optional<ManagementKeyRow> findLive(byte[] digest);

    /** The management keys with these ids whose deadline has not passed. */
    @Query("SELECT * FROM management_key WHERE id IN (:ids) AND (expires_at IS NULL OR expires_at > now())")
    List<ManagementKeyRow> findLive(Collection<UUID> ids);

    /** All management keys whose deadline has not passed. */
    @Query("SELECT * FROM management_key WHERE expires_at IS NULL OR expires_at > now()")
    List<ManagementKeyRow> findLive();

    /** Sets the time of the last use of these management keys to now, to the minute. */
    @Query("UPDATE management_key SET last_used_at = date_trunc('minute', clock_timestamp()) WHERE id IN (:ids)"
            + " AND last_used_at IS DISTINCT FROM date_trunc('minute', clock_timestamp())")
    void markUsed(Collection<UUID> ids);

    /** All management keys, newest first. */
    List<ManagementKeyRow> findAllOrderByIdDesc();

    /**
     * Deletes a management key.
     *
     * @return the number deleted: 1, or 0 if there is none with this id
     */
    int deleteById(UUID id);
}
