package io.keylapse.registry.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.keylapse.harness.Node;
import io.keylapse.harness.OwnDatabase;
import io.keylapse.harness.Stores;
import io.micronaut.core.value.MapPropertyResolver;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Nodes of an older version that are running during a migration. */
class OlderNodesIT {
    /** The schema of a version whose nodes cannot run together with nodes of this version. */
    private static final String OLD_SCHEMA = "5";

    private final OwnDatabase database = new OwnDatabase();
    private final UUID node = UUID.randomUUID();

    private Migrations migrations() {
        return new Migrations(new MapPropertyResolver(database.settings(database.owner())));
    }

    private int migrate() {
        return migrations().run();
    }

    /** Reports that a node is running, as a node of that version does twice a second. */
    private void greet(String when) {
        database.run("INSERT INTO node (id, seen_at) VALUES ('" + node + "', clock_timestamp() - interval '" + when
                + "') ON CONFLICT (id) DO UPDATE SET seen_at = EXCLUDED.seen_at");
    }

    private long migrationsRun() {
        return database.ask("SELECT count(*) FROM flyway_schema_history");
    }

    @Test
    void migrate_is_refused_while_a_node_of_the_version_before_runs_and_changes_nothing() {
        database.migrateTo("4");
        greet("0 s");
        long before = migrationsRun();
        assertThatThrownBy(this::migrate)
                .isInstanceOf(MigrationException.class)
                .hasMessageContainingAll("1 node", node.toString(), "stop all nodes", "10 s");
        assertThat(migrationsRun()).isEqualTo(before);

        database.run("UPDATE node SET seen_at = clock_timestamp() - interval '11 s'");
        assertThat(migrate()).isPositive();
    }

    @Test
    void a_start_is_refused_until_the_nodes_of_the_earlier_version_have_stopped() {
        database.migrateTo(OLD_SCHEMA);
        greet("0 s");
        long before = migrationsRun();
        assertThatThrownBy(() -> start().close())
                .rootCause()
                .isInstanceOf(MigrationException.class)
                .hasMessageContainingAll("1 node", node.toString(), "stop all nodes");
        assertThat(migrationsRun()).isEqualTo(before);

        database.run("DELETE FROM node");
        start().close();
        assertThat(migrationsRun()).isGreaterThan(before);
    }

    @Test
    void a_start_is_refused_while_an_older_node_runs_that_was_started_after_the_migration() {
        start().close();
        greet("0 s");
        assertThatThrownBy(() -> start().close())
                .rootCause()
                .isInstanceOf(MigrationException.class)
                .hasMessageContainingAll("1 node", node.toString(), "stop all nodes");
        assertThatThrownBy(() -> migrations().requireNonePending())
                .isInstanceOf(MigrationException.class)
                .hasMessageContainingAll("1 node", node.toString(), "stop all nodes");
    }

    @Test
    void an_old_node_that_was_started_between_two_migrations_is_not_taken_for_a_new_one() {
        database.migrateTo("8");
        greet("0 s");
        assertThatThrownBy(this::migrate)
                .isInstanceOf(MigrationException.class)
                .hasMessageContainingAll("1 node", node.toString(), "stop all nodes");
    }

    @Test
    void a_node_that_was_killed_is_waited_for_as_long_as_the_message_says() {
        database.migrateTo(OLD_SCHEMA);
        greet("6 s");
        assertThatThrownBy(this::migrate).hasMessageMatching(".*last seen [67] s ago.* wait [34] s .*");
    }

    @Test
    void nodes_of_this_version_that_start_together_do_not_refuse_each_other() {
        database.migrateTo(OLD_SCHEMA);
        CompletableFuture<Node> other = CompletableFuture.supplyAsync(this::start);
        try (Node one = start();
                Node two = other.join()) {
            assertThat(one.port()).isNotEqualTo(two.port());
            assertThat(database.ask("SELECT count(*) - count(DISTINCT version) FROM flyway_schema_history"))
                    .as("migrations that were run twice")
                    .isZero();
        }
    }

    private Node start() {
        return Node.start(Stores.shared(), database.settings(database.owner()));
    }

    @Test
    void a_running_node_of_this_version_does_not_prevent_a_start() {
        try (Node running = start()) {
            running.awaitHearing();
            assertThat(catchThrowable(() -> start().close())).isNull();
        }
    }

    @Test
    void nodes_in_another_schema_of_the_database_do_not_matter() {
        database.migrateTo(OLD_SCHEMA);
        greet("0 s");
        database.run("CREATE SCHEMA other AUTHORIZATION " + database.owner());
        database.run("ALTER ROLE " + database.owner() + " SET search_path = other, public");
        assertThat(migrate()).isPositive();
    }
}
