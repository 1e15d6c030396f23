package io.keylapse.registry.migration;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.keylapse.harness.OwnDatabase;
import io.micronaut.core.value.MapPropertyResolver;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Migrations that have to wait for concurrent writers. */
class HeldUpMigrationIT {
    private static final Path MIGRATIONS = Path.of("src/main/resources/db/migration");
    private static final String INDEX_IS_VALID =
            "SELECT count(*) FROM pg_index WHERE indexrelid = to_regclass('notice_by_kind_and_owner') AND indisvalid";

    private final OwnDatabase database = new OwnDatabase();

    @TempDir
    Path folder;

    private Migrations migrations() {
        return new Migrations(settings());
    }

    private MapPropertyResolver settings() {
        return new MapPropertyResolver(database.settings(database.owner()));
    }

    /** The program's migrations, but this one waits for one second instead of one minute. */
    private Migrations impatient(String version) throws Exception {
        try (Stream<Path> files = Files.list(MIGRATIONS)) {
            for (Path file : files.toList()) {
                String text = Files.readString(file, UTF_8);
                Files.writeString(
                        folder.resolve(file.getFileName()),
                        file.getFileName().toString().startsWith(version)
                                ? text.replace("lock_timeout = '60s'", "lock_timeout = '1s'")
                                : text,
                        UTF_8);
            }
        }
        return new Migrations(settings(), "filesystem:" + folder);
    }

    private static String notice() {
        return "INSERT INTO notice (id, kind, key_id, version, owner, name, hint, due_at)"
                + " VALUES (gen_random_uuid(), 'renewed', gen_random_uuid(), 1, 'o', 'n', 'h', now())";
    }

    private long version() {
        return database.ask("SELECT max(version::int) FROM flyway_schema_history WHERE success");
    }

    @Test
    void a_writer_that_stays_open_ends_migration_6_after_its_bound_with_nothing_half_done() throws Exception {
        database.migrateTo("5");
        try (Connection writer = database.connect();
                Statement statement = writer.createStatement()) {
            writer.setAutoCommit(false);
            statement.execute("LOCK TABLE api_key IN ROW EXCLUSIVE MODE");
            assertThatThrownBy(impatient("V6__")::run)
                    .isInstanceOf(MigrationException.class)
                    .hasMessageContainingAll("lock timeout", "An open transaction", "run this again");
        }
        assertThat(version()).isEqualTo(5);
        assertThat(database.ask("SELECT count(*) FROM pg_tables WHERE tablename IN ('installation', 'milestone')"))
                .isZero();
        assertThat(migrations().run()).isPositive();
    }

    @Test
    void writers_go_on_while_an_index_is_built_which_waits_for_those_that_had_begun() throws Exception {
        database.migrateTo("7");
        CompletableFuture<Integer> migrating;
        try (Connection writer = database.connect();
                Statement statement = writer.createStatement()) {
            writer.setAutoCommit(false);
            statement.execute(notice());
            migrating = CompletableFuture.supplyAsync(migrations()::run);
            awaitWaiting(migrating);
            statement.execute(notice());
            // Another writer, which would queue behind a migration that waits for a table lock.
            database.run("SET lock_timeout = '2s'; " + notice());
            assertThat(migrating).isNotDone();
            writer.commit();
        }
        assertThat(migrating.get(30, SECONDS)).isPositive();
        assertThat(database.ask(INDEX_IS_VALID)).isOne();
        assertThat(database.ask("SELECT count(*) FROM notice")).isEqualTo(3);
    }

    private void awaitWaiting(CompletableFuture<?> migrating) {
        await().atMost(30, SECONDS).until(() -> migrating.isDone() || database.waiting("CREATE INDEX%") > 0);
    }

    @Test
    void an_open_writer_ends_an_index_build_at_its_limit_and_the_build_can_be_repeated() throws Exception {
        database.migrateTo("7");
        try (Connection writer = database.connect();
                Statement statement = writer.createStatement()) {
            writer.setAutoCommit(false);
            statement.execute(notice());
            assertThatThrownBy(impatient("V8__")::run)
                    .isInstanceOf(MigrationException.class)
                    .hasMessageContainingAll("lock timeout", "An open transaction", "run this again");
            assertThat(database.ask(INDEX_IS_VALID)).isZero();
            // A migration that failed halfway must not count as done.
            assertThatThrownBy(migrations()::requireNonePending)
                    .hasMessageContainingAll("V8__", "run \"keylapse migrate\"");
        }
        assertThat(migrations().run()).isPositive();
        assertThat(database.ask(INDEX_IS_VALID)).isOne();
    }

    @Test
    void an_index_whose_building_was_interrupted_is_built_again() throws Exception {
        for (String interrupt : List.of("pg_cancel_backend", "pg_terminate_backend")) {
            try (var other = new OwnDatabase()) {
                interruptAndBuildAnew(other, interrupt);
            }
        }
    }

    private static void interruptAndBuildAnew(OwnDatabase other, String interrupt) throws Exception {
        var migrations = new Migrations(new MapPropertyResolver(other.settings(other.owner())));
        other.migrateTo("7");
        try (Connection writer = other.connect();
                Statement statement = writer.createStatement()) {
            writer.setAutoCommit(false);
            statement.execute(notice());
            CompletableFuture<Integer> migrating = CompletableFuture.supplyAsync(migrations::run);
            await().atMost(30, SECONDS)
                    .until(() -> migrating.isDone()
                            || other.ask("SELECT count(" + interrupt + "(pid)) FROM pg_stat_activity"
                                            + " WHERE wait_event_type = 'Lock' AND datname = current_database()"
                                            + " AND query LIKE 'CREATE INDEX%'")
                                    > 0);
            assertThatThrownBy(() -> migrating.get(30, SECONDS)).as(interrupt).hasRootCauseInstanceOf(Exception.class);
        }
        assertThat(other.ask("SELECT count(*) FROM pg_index WHERE NOT indisvalid"))
                .isOne();
        assertThat(migrations.run()).isPositive();
        assertThat(other.ask(INDEX_IS_VALID)).isOne();
        assertThat(other.ask("SELECT count(*) FROM pg_index WHERE NOT indisvalid"))
                .isZero();
    }
}
