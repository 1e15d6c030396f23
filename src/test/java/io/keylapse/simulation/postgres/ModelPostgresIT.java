package io.keylapse.simulation.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.keylapse.harness.Stores;
import io.keylapse.registry.migration.Migrations;
import io.keylapse.simulation.postgres.TableSession.Tables;
import io.micronaut.core.value.MapPropertyResolver;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/**
 * Compares the model of Postgres with a real server: several sessions with overlapping transactions run the statements
 * of the production code, one operation at a time.
 */
class ModelPostgresIT {
    private static final long SEED = Long.getLong("keylapse.simulation.seed", System.nanoTime());
    private static final int OPERATIONS = 3_000;
    private static final int SESSIONS = 3;

    private final Random random = new Random(SEED);
    private final ModelPostgres model = new ModelPostgres(java.time.Instant::now);
    private final List<String> done = new ArrayList<>();

    @Test
    void model_answers_as_postgres_does() throws SQLException {
        System.out.println("-Dkeylapse.simulation.seed=" + SEED);
        Stores stores = Stores.shared();
        String name = "model_" + Long.toHexString(System.nanoTime());
        try (Connection admin = open(stores, stores.postgresUrl());
                var statement = admin.createStatement()) {
            statement.execute("CREATE DATABASE " + name);
            try {
                compare(stores, stores.postgresUrl().replaceFirst("/[^/?]+(\\?|$)", "/" + name + "$1"));
            } finally {
                statement.execute("DROP DATABASE " + name + " WITH (FORCE)");
            }
        }
    }

    private static Connection open(Stores stores, String url) throws SQLException {
        return DriverManager.getConnection(url, stores.postgresUser(), stores.postgresPassword());
    }

    private void compare(Stores stores, String url) throws SQLException {
        new Migrations(new MapPropertyResolver(Map.of(
                        "keylapse.postgres.url",
                        url,
                        "keylapse.postgres.user",
                        stores.postgresUser(),
                        "keylapse.postgres.password",
                        stores.postgresPassword())))
                .run();
        var sessions = new ArrayList<Pair>();
        for (int i = 0; i < SESSIONS; i++) {
            Connection connection = open(stores, url);
            connection.setAutoCommit(false);
            try (var statement = connection.createStatement()) {
                // If the model lacks a lock, the test fails instead of hanging.
                statement.execute("SET lock_timeout = '5s'");
            }
            connection.commit();
            sessions.add(new Pair(i, new TableSession.Real(connection), new TableSession.Modelled(model)));
        }
        var operations = new TableOperations(random, model);
        for (int i = 0; i < OPERATIONS; i++) {
            Pair pair = sessions.get(random.nextInt(SESSIONS));
            switch (random.nextInt(6)) {
                case 0 -> pair.end(random.nextInt(4) > 0);
                default ->
                    operations
                            .next(pair.number, pair.modelled.transaction())
                            .ifPresent(each -> pair.same(each.name(), each.work()));
            }
        }
        sessions.forEach(pair -> pair.end(true));
        sessions.getFirst().same("all keys", TableOperations::allKeys);
        assertThat(model.recorded()).isNotEmpty();
        assertThat(TableOperations.endings(model))
                .as(this::story)
                .isEqualTo(sessions.getFirst().real.endings());
    }

    private String story() {
        return "seed " + SEED + ":\n" + String.join("\n", done.subList(Math.max(0, done.size() - 40), done.size()));
    }

    /** A session with the model and one with the real server. */
    private final class Pair {
        private final int number;
        private final TableSession.Real real;
        private final TableSession.Modelled modelled;

        Pair(int number, TableSession.Real real, TableSession.Modelled modelled) {
            this.number = number;
            this.real = real;
            this.modelled = modelled;
        }

        void end(boolean commit) {
            done.add(number + (commit ? ": commit" : ": roll back"));
            real.end(commit);
            modelled.end(commit);
        }

        void same(String what, Function<Tables, Object> work) {
            done.add(number + ": " + what);
            Object actual = work.apply(real.tables());
            done.add(number + ": " + what + " -> " + actual);
            assertThat(work.apply(modelled.tables()))
                    .as(ModelPostgresIT.this::story)
                    .isEqualTo(Objects.requireNonNull(actual));
        }
    }
}
