package io.keylapse.registry;

import io.keylapse.key.KeyDigest;
import io.keylapse.key.KeyId;
import io.keylapse.key.KeyName;
import io.keylapse.registry.sql.Columns;
import io.keylapse.registry.sql.NamedSql;
import io.keylapse.registry.sql.Postgres;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The table of issued keys. A use case locks the row before it changes a key, so it always sees the latest version. */
@Singleton
public final class KeyTable {
    /** The columns that {@link KeyRow} reads, besides {@code read_at}. */
    public static final String COLUMNS =
            "id, digest, hint, owner, name, scopes, metadata, contact_email, contact_language,"
                    + " lead_times_ms, state, end_reason, version, issued_at, expires_at, ended_at, lifetime_ms, successor_id, predecessor_id";

    /** SQL for a key's name in Redis. The index on names uses the same expression, so it must not change. */
    public static final String NAME = "substring(digest FROM 1 FOR 16)";

    private static final String OF_DIGEST =
            "SELECT " + COLUMNS + ", now() AS read_at FROM api_key WHERE " + NAME + " = ? AND digest = ?";

    private static final String OF_ID = "SELECT " + COLUMNS + ", now() AS read_at FROM api_key WHERE id = ?";

    private static final String OF_IDS = "SELECT " + COLUMNS + ", now() AS read_at FROM api_key WHERE id = ANY (?)";

    private static final String OF_NAMES =
            "SELECT " + COLUMNS + ", now() AS read_at FROM api_key WHERE " + NAME + " = ANY (?)";

    private static final String ACTIVE_AFTER = "SELECT id, " + NAME + """
            , version, expires_at, owner, array_to_string(scopes, ' ')
            FROM api_key
            WHERE state = 'active' AND id > ? AND (expires_at IS NULL OR expires_at > now())
            ORDER BY id
            LIMIT ?""";

    // The outer query reads the clock after the inner one has the lock, so read_at does not include the wait for it.
    private static final String WITH_TIME_OF_LOCK =
            ", date_trunc('milliseconds', clock_timestamp()) AS read_at FROM (SELECT " + COLUMNS + " FROM api_key";

    private static final String LOCK = "SELECT locked.*" + WITH_TIME_OF_LOCK + " WHERE id = ? FOR UPDATE) locked";

    private static final String LOCK_ACTIVE = "SELECT locked.*" + WITH_TIME_OF_LOCK + """
             WHERE owner = ? AND state = 'active' AND (expires_at IS NULL OR expires_at > now())
                ORDER BY id
                LIMIT ?
                FOR UPDATE
            ) locked""";

    private static final NamedSql INSERT = NamedSql.of("INSERT INTO api_key (" + COLUMNS + """
            )
            VALUES (:id, :digest, :hint, :owner, :name, :scopes, :metadata::json, :email, :language,
                :leadTimes, :state, :endReason, :version, :issuedAt, :expiresAt, :endedAt, :lifetime,
                :successor, :predecessor)""");

    private static final NamedSql INSERT_ISSUED = NamedSql.of("""
            INSERT INTO api_key (id, digest, hint, owner, name, scopes, metadata, contact_email, contact_language,
                lead_times_ms, state, end_reason, version, issued_at, expires_at, lifetime_ms)
            SELECT id, digest, hint, owner, name, string_to_array(scopes, ' '), metadata::json, email, language,
                string_to_array(lead_times, ' ')::bigint[], 'active', 'expired', 1,
                issued_at, issued_at + lifetime_ms * interval '1 ms', lifetime_ms
            FROM unnest(:ids, :digests, :hints, :owners, :names, :scopes, :metadata, :emails, :languages,
                    :leadTimes, :lifetimes)
                AS issued (id, digest, hint, owner, name, scopes, metadata, email, language, lead_times, lifetime_ms),
                (VALUES (:issuedAt::timestamptz)) AS moment (issued_at)""");

    private static final NamedSql UPDATE = NamedSql.of("""
            UPDATE api_key
            SET name = :name, scopes = :scopes, metadata = :metadata::json,
                contact_email = :email, contact_language = :language, lead_times_ms = :leadTimes,
                state = :state, end_reason = :endReason, version = :version,
                expires_at = :expiresAt, ended_at = :endedAt, successor_id = :successor,
                change = nextval('key_change'), changed_at = clock_timestamp()
            WHERE id = :id""");

    private static final String DETACH = "UPDATE api_key SET predecessor_id = NULL WHERE id = ?";

    private final Postgres postgres;

    KeyTable(Postgres postgres) {
        this.postgres = postgres;
    }

    /** The key with that id. */
    public Optional<KeyRecord> find(KeyId id) {
        return postgres.queryFirst(OF_ID, KeyRow::read, id.value());
    }

    /** The key with that digest. */
    public Optional<KeyRecord> find(KeyDigest digest) {
        return postgres.queryFirst(OF_DIGEST, KeyRow::read, digest.name().bytes(), digest.bytes());
    }

    /**
     * The key with that digest.
     *
     * @param patience timeout of the query; see {@link Postgres#queryFirst(Duration, String, Postgres.RowReader, Object...)}
     */
    public Optional<KeyRecord> find(KeyDigest digest, Duration patience) {
        return postgres.queryFirst(
                patience, OF_DIGEST, KeyRow::read, digest.name().bytes(), digest.bytes());
    }

    /** The keys with those ids, in no particular order. */
    public List<KeyRecord> findAll(List<KeyId> ids) {
        return postgres.query(
                OF_IDS, KeyRow::read, (Object) ids.stream().map(KeyId::value).toArray(UUID[]::new));
    }

    /** The keys with those names, in no particular order. */
    public List<KeyRecord> find(List<KeyName> names) {
        return postgres.query(OF_NAMES, KeyRow::read, (Object)
                names.stream().map(KeyName::bytes).toArray(byte[][]::new));
    }

    /** The columns of an active key that a check needs. Only these are read, so that reading a million keys is fast. */
    public record ActiveKey(
            KeyId id, KeyName name, int version, @Nullable Instant expiresAt, String owner, List<String> scopes) {}

    /** Up to {@code limit} active keys with greater ids, in the order of ids. */
    public List<ActiveKey> activeAfter(KeyId id, int limit) {
        return postgres.query(
                ACTIVE_AFTER,
                row -> new ActiveKey(
                        new KeyId(row.getObject(1, UUID.class)),
                        new KeyName(row.getBytes(2)),
                        row.getInt(3),
                        Columns.nullableInstant(row, 4),
                        row.getString(5),
                        words(row.getString(6))),
                id.value(),
                limit);
    }

    private static List<String> words(String text) {
        return text.isEmpty() ? List.of() : List.of(text.split(" "));
    }

    /** The key with that id, locked until the transaction ends. */
    public Optional<KeyRecord> lock(KeyId id) {
        return postgres.queryFirst(LOCK, KeyRow::read, id.value());
    }

    /** Up to {@code limit} active keys of an owner, locked until the transaction ends. */
    public List<KeyRecord> lockActive(String owner, int limit) {
        return postgres.query(LOCK_ACTIVE, KeyRow::read, owner, limit);
    }

    /** Adds a key. */
    public void insert(KeyRecord key) {
        postgres.update(changeable(INSERT, key)
                .with("digest", key.digest().bytes())
                .with("hint", key.hint())
                .with("owner", key.owner())
                .with("issuedAt", key.term().issuedAt())
                .with("lifetime", millis(key.term().lifetime()))
                .with("predecessor", uuid(key.predecessorId())));
    }

    /** A statement with the id and all changeable columns of a key. */
    private static NamedSql.Values changeable(NamedSql statement, KeyRecord key) {
        return statement
                .with("id", key.id().value())
                .with("name", key.details().name())
                .with("scopes", key.details().scopes().toArray(String[]::new))
                .with("metadata", key.details().metadata())
                .with("email", key.details().email())
                .with("language", key.details().language())
                .with("leadTimes", leadTimes(key))
                .with("state", key.term().recorded().word())
                .with("endReason", key.term().endReason().word())
                .with("version", key.term().version())
                .with("expiresAt", key.term().expiresAt())
                .with("endedAt", key.term().endedAt())
                .with("successor", uuid(key.term().successorId()));
    }

    /** Adds new keys that were all issued at the same instant, in one statement. */
    public void insertIssued(List<KeyRecord> keys) {
        if (keys.isEmpty()) {
            return;
        }
        postgres.update(INSERT_ISSUED
                .with("ids", column(keys, UUID[]::new, key -> key.id().value()))
                .with("digests", column(keys, byte[][]::new, key -> key.digest().bytes()))
                .with("hints", column(keys, String[]::new, KeyRecord::hint))
                .with("owners", column(keys, String[]::new, KeyRecord::owner))
                .with("names", column(keys, String[]::new, key -> key.details().name()))
                .with("scopes", column(keys, String[]::new, KeyTable::scopesAsText))
                .with(
                        "metadata",
                        column(keys, String[]::new, key -> key.details().metadata()))
                .with("emails", column(keys, String[]::new, key -> key.details().email()))
                .with(
                        "languages",
                        column(keys, String[]::new, key -> key.details().language()))
                .with("leadTimes", column(keys, String[]::new, KeyTable::leadTimesAsText))
                .with(
                        "lifetimes",
                        column(keys, Long[]::new, key -> millis(key.term().lifetime())))
                .with("issuedAt", keys.getFirst().term().issuedAt()));
    }

    private static <T> @Nullable T[] column(
            List<KeyRecord> keys, IntFunction<@Nullable T[]> array, Function<KeyRecord, ? extends @Nullable T> value) {
        return keys.stream().map(value).toArray(array);
    }

    /** Writes all changeable columns of a key and gives it a new position. The caller has locked its row. */
    public void update(KeyRecord key) {
        postgres.update(changeable(UPDATE, key));
    }

    /** Makes room for another successor of a key's predecessor. The caller has locked the row, and changes the key too. */
    public void detach(KeyId key) {
        postgres.update(DETACH, key.value());
    }

    private static Long @Nullable [] leadTimes(KeyRecord key) {
        List<Duration> times = key.details().leadTimes();
        return times == null ? null : times.stream().map(Duration::toMillis).toArray(Long[]::new);
    }

    private static String scopesAsText(KeyRecord key) {
        return String.join(" ", key.details().scopes());
    }

    /** As text, because Postgres has no arrays of arrays of different lengths. */
    private static @Nullable String leadTimesAsText(KeyRecord key) {
        Long[] times = leadTimes(key);
        return times == null ? null : Stream.of(times).map(String::valueOf).collect(Collectors.joining(" "));
    }

    private static @Nullable Long millis(@Nullable Duration duration) {
        return duration == null ? null : duration.toMillis();
    }

    private static @Nullable UUID uuid(@Nullable KeyId id) {
        return id == null ? null : id.value();
    }
}
