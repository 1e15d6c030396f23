package io.keylapse.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The schema rejects invalid states, for every role. Every test rolls back. */
class MigrationIT {
    private static final String CHECK = "23514";
    private static final String UNIQUE = "23505";
    private static final String NOT_NULL = "23502";
    private static final String FOREIGN_KEY = "23503";
    private static final String REFUSED = "P0001";

    private Connection connection;

    @BeforeAll
    static void migrate() {
        Node.start().close();
    }

    @BeforeEach
    void open() throws SQLException {
        connection = Stores.shared().connect();
        connection.setAutoCommit(false);
    }

    @AfterEach
    void rollBack() throws SQLException {
        connection.rollback();
        connection.close();
    }

    private void run(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private String ask(String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                var row = statement.executeQuery(sql)) {
            assertThat(row.next()).isTrue();
            return row.getString(1);
        }
    }

    private void refused(String sqlState, String sql) throws SQLException {
        var savepoint = connection.setSavepoint();
        assertThatThrownBy(() -> run(sql))
                .as(sql)
                .isInstanceOfSatisfying(
                        SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo(sqlState));
        connection.rollback(savepoint);
    }

    /** The insert of an active key, with other values for some columns; columns and values alternate. */
    private static String key(String... other) {
        var values = new TreeMap<>(Map.of(
                "id", "'" + UUID.randomUUID() + "'",
                "digest", "sha256('" + UUID.randomUUID() + "')",
                "owner", "'owner'",
                "name", "''",
                "hint", "'kl_hint'",
                "scopes", "'{}'",
                "metadata", "'{}'",
                "state", "'active'",
                "end_reason", "'expired'",
                "version", "1"));
        values.put("issued_at", "'2020-01-01Z'");
        values.put("expires_at", "'2030-01-01Z'");
        return insert("api_key", values, other);
    }

    private static String entry(String... other) {
        return insert(
                "blacklist",
                new TreeMap<>(Map.of(
                        "key_id", "'" + UUID.randomUUID() + "'",
                        "version", "1",
                        "owner", "'owner'",
                        "name", "''",
                        "hint", "'kl_hint'",
                        "reason", "'expired'",
                        "ended_at", "'2020-01-01Z'",
                        "source", "'sweep'")),
                other);
    }

    private static String managementKey(String... other) {
        return insert(
                "management_key",
                new TreeMap<>(Map.of(
                        "id", "'" + UUID.randomUUID() + "'",
                        "name", "'name'",
                        "role", "'admin'",
                        "digest", "sha256('" + UUID.randomUUID() + "')",
                        "hint", "'hint'",
                        "created_at", "'2020-01-01Z'",
                        "expires_at", "'2030-01-01Z'")),
                other);
    }

    private static String insert(String table, Map<String, String> values, String... other) {
        for (int i = 0; i < other.length; i += 2) {
            values.put(other[i], other[i + 1]);
        }
        return "INSERT INTO %s (%s) VALUES (%s)"
                .formatted(table, String.join(", ", values.keySet()), String.join(", ", values.values()));
    }

    @Test
    void what_is_right_can_be_written() throws SQLException {
        String successor = UUID.randomUUID().toString();
        run(key("id", "'" + successor + "'"));
        run(key("expires_at", "NULL"));
        run(key("state", "'expired'", "ended_at", "'2030-01-01Z'"));
        run(key("state", "'revoked'", "ended_at", "'2025-01-01Z'", "expires_at", "NULL"));
        run(key(
                "state",
                "'rotated'",
                "end_reason",
                "'rotated'",
                "ended_at",
                "'2030-01-01Z'",
                "successor_id",
                "'" + successor + "'"));
        run(entry());
        run(managementKey());
        run(managementKey("expires_at", "NULL"));
        assertThatCode(() -> connection.createStatement().close()).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(strings = {"ended", "ACTIVE", ""})
    void a_key_has_one_of_four_states(String state) throws SQLException {
        refused(CHECK, key("state", "'" + state + "'", "ended_at", "'2030-01-01Z'"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"'revoked'", "'active'", "'sometime'"})
    void a_deadline_means_expiry_or_the_end_of_a_grace(String endReason) throws SQLException {
        refused(CHECK, key("end_reason", endReason));
    }

    @Test
    void only_a_key_that_ended_has_an_end() throws SQLException {
        refused(CHECK, key("ended_at", "'2025-01-01Z'"));
        refused(CHECK, key("state", "'revoked'"));
        refused(CHECK, key("state", "'expired'"));
    }

    @Test
    void an_expired_key_ended_at_its_deadline() throws SQLException {
        refused(CHECK, key("state", "'expired'", "ended_at", "'2029-12-31Z'"));
        refused(CHECK, key("state", "'expired'", "ended_at", "'2030-01-01Z'", "expires_at", "NULL"));
    }

    @Test
    void a_key_that_has_no_deadline_or_that_ends_with_a_grace_cannot_expire() throws SQLException {
        String successor = UUID.randomUUID().toString();
        run(key("id", "'" + successor + "'"));
        refused(
                CHECK,
                key(
                        "state",
                        "'expired'",
                        "ended_at",
                        "'2030-01-01Z'",
                        "end_reason",
                        "'rotated'",
                        "successor_id",
                        "'" + successor + "'"));
    }

    @Test
    void a_rotated_key_has_a_successor_and_a_deadline() throws SQLException {
        refused(CHECK, key("state", "'rotated'", "ended_at", "'2025-01-01Z'"));
        refused(CHECK, key("end_reason", "'rotated'"));
        refused(CHECK, key("state", "'rotated'", "end_reason", "'rotated'", "ended_at", "'2025-01-01Z'"));
        String successor = UUID.randomUUID().toString();
        run(key("id", "'" + successor + "'"));
        refused(CHECK, key("end_reason", "'rotated'", "successor_id", "'" + successor + "'", "expires_at", "NULL"));
    }

    @Test
    void a_successor_and_a_predecessor_are_existing_keys_and_unique() throws SQLException {
        String other = UUID.randomUUID().toString();
        refused(FOREIGN_KEY, key("successor_id", "'" + other + "'"));
        refused(FOREIGN_KEY, key("predecessor_id", "'" + other + "'"));
        run(key("id", "'" + other + "'"));
        run(key("successor_id", "'" + other + "'"));
        refused(UNIQUE, key("successor_id", "'" + other + "'"));
        run(key("predecessor_id", "'" + other + "'"));
        refused(UNIQUE, key("predecessor_id", "'" + other + "'"));
    }

    @Test
    void nothing_ends_before_it_begins() throws SQLException {
        refused(CHECK, key("expires_at", "'2019-12-31Z'"));
        refused(CHECK, key("state", "'revoked'", "ended_at", "'2019-12-31Z'"));
        refused(CHECK, key("lifetime_ms", "0"));
        refused(CHECK, managementKey("expires_at", "'2020-01-01Z'"));
    }

    @Test
    void a_version_is_at_least_one() throws SQLException {
        refused(CHECK, key("version", "0"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"''", "'\\x00'", "sha512('a')", "substring(sha256('a') FROM 2)"})
    void a_digest_is_32_bytes(String digest) throws SQLException {
        refused(CHECK, key("digest", digest));
        refused(CHECK, managementKey("digest", digest));
    }

    @Test
    void no_two_keys_share_a_digest_or_the_half_of_it_that_is_their_name_in_redis() throws SQLException {
        run(key("digest", "sha256('same')"));
        refused(UNIQUE, key("digest", "sha256('same')"));
        refused(
                UNIQUE,
                key("digest", "substring(sha256('same') FROM 1 FOR 16) || substring(sha256('x') FROM 1 FOR 16)"));
        run(managementKey("digest", "sha256('same')"));
        refused(UNIQUE, managementKey("digest", "sha256('same')"));
    }

    @Test
    void texts_have_their_lengths() throws SQLException {
        refused(CHECK, key("owner", "''"));
        refused(CHECK, key("owner", "repeat('x', 201)"));
        run(key("owner", "repeat('\u00fc', 200)"));
        refused(CHECK, key("name", "repeat('x', 201)"));
        refused(CHECK, managementKey("name", "''"));
        refused(CHECK, managementKey("role", "'root'"));
    }

    @Test
    void metadata_is_an_object_and_no_scope_is_null() throws SQLException {
        refused(CHECK, key("metadata", "'[]'"));
        refused(CHECK, key("metadata", "'null'"));
        refused(CHECK, key("scopes", "'{NULL}'"));
        refused(NOT_NULL, key("scopes", "NULL"));
    }

    @ParameterizedTest
    @CsvSource({
        "api_key,issued_at",
        "api_key,expires_at",
        "api_key,ended_at",
        "blacklist,ended_at",
        "blacklist,recorded_at",
        "blacklist,reinstated_at",
        "management_key,created_at",
        "management_key,expires_at",
        "idempotency_key,created_at"
    })
    void an_instant_is_a_whole_millisecond(String table, String column) throws SQLException {
        assertThat(ask("SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = '" + table
                        + "'::regclass AND attname = '" + column + "'"))
                .isEqualTo("timestamp(3) with time zone");
    }

    @Test
    void a_finer_instant_becomes_a_whole_millisecond() throws SQLException {
        run(key("owner", "'finer'", "expires_at", "'2030-01-01 00:00:00.123456Z'"));
        assertThat(ask("SELECT expires_at = '2030-01-01 00:00:00.123Z' FROM api_key WHERE owner = 'finer'"))
                .isEqualTo("t");
        run(entry("owner", "'finer'"));
        assertThat(ask("SELECT recorded_at = date_trunc('milliseconds', recorded_at) FROM blacklist"
                        + " WHERE owner = 'finer'"))
                .isEqualTo("t");
    }

    @Test
    void an_ending_has_one_entry_and_a_later_one_another() throws SQLException {
        String id = "'" + UUID.randomUUID() + "'";
        run(entry("key_id", id));
        refused(UNIQUE, entry("key_id", id));
        refused(UNIQUE, entry("key_id", id, "reason", "'revoked'"));
        run(entry("key_id", id, "version", "2"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"reason='active'", "reason='EXPIRED'", "reason=NULL", "source='api'", "ended_at=NULL"})
    void an_entry_has_a_known_reason_and_source(String wrong) throws SQLException {
        String[] parts = wrong.split("=", 2);
        refused(parts[1].equals("NULL") ? NOT_NULL : CHECK, entry(parts[0], parts[1]));
    }

    @Test
    void only_an_expiry_can_be_reinstated() throws SQLException {
        refused(CHECK, entry("reason", "'revoked'", "reinstated_at", "now()"));
        run(entry("owner", "'final'", "reason", "'rotated'"));
        refused(CHECK, "UPDATE blacklist SET reinstated_at = now() WHERE owner = 'final'");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "UPDATE blacklist SET owner = 'other'",
                "UPDATE blacklist SET name = 'other'",
                "UPDATE blacklist SET hint = 'other'",
                "UPDATE blacklist SET reason = 'revoked'",
                "UPDATE blacklist SET detail = 'other'",
                "UPDATE blacklist SET ended_by = gen_random_uuid()",
                "UPDATE blacklist SET ended_at = ended_at - interval '1 second'",
                "UPDATE blacklist SET recorded_at = recorded_at + interval '1 second'",
                "UPDATE blacklist SET source = 'request'",
                "UPDATE blacklist SET version = 7",
                "UPDATE blacklist SET key_id = gen_random_uuid()",
                "UPDATE blacklist SET position = 0",
                "UPDATE blacklist SET reinstated_at = now(), detail = 'other'",
                "UPDATE blacklist SET owner = owner",
                "DELETE FROM blacklist"
            })
    void an_entry_is_neither_changed_nor_deleted(String sql) throws SQLException {
        run(entry("owner", "'kept-it'"));
        refused(REFUSED, sql + " WHERE owner = 'kept-it'");
    }

    @Test
    void the_entries_cannot_be_emptied_at_a_stroke() throws SQLException {
        refused(REFUSED, "TRUNCATE blacklist");
    }

    @Test
    void a_reinstatement_is_noted_once() throws SQLException {
        run(entry("owner", "'once'"));
        run("UPDATE blacklist SET reinstated_at = now() WHERE owner = 'once'");
        assertThat(ask("SELECT reinstated_at IS NOT NULL FROM blacklist WHERE owner = 'once'"))
                .isEqualTo("t");
        refused(REFUSED, "UPDATE blacklist SET reinstated_at = now() + interval '1 day' WHERE owner = 'once'");
        refused(REFUSED, "UPDATE blacklist SET reinstated_at = NULL WHERE owner = 'once'");
    }

    @Test
    void an_idempotency_key_is_of_one_management_key_and_goes_with_the_key_it_issued() throws SQLException {
        String id = UUID.randomUUID().toString();
        String manager = UUID.randomUUID().toString();
        String insert = "INSERT INTO idempotency_key VALUES ('%s', 'k', sha256('a'), '%s', now())";
        refused(FOREIGN_KEY, insert.formatted(manager, id));
        run(key("id", "'" + id + "'"));
        run(insert.formatted(manager, id));
        refused(UNIQUE, insert.formatted(manager, id));
        run(insert.formatted(UUID.randomUUID(), id));
    }
}
