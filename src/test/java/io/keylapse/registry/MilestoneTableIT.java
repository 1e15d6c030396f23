package io.keylapse.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.keylapse.harness.Node;
import io.keylapse.harness.OwnDatabase;
import io.keylapse.harness.Stores;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import org.junit.jupiter.api.Test;

/** Milestones stay useful when the clock of Postgres is set back, which leaves some of them in the future. */
class MilestoneTableIT {
    private static final Duration EVERY = Duration.ofSeconds(10);
    private static final Duration KEPT = Duration.ofDays(1);

    /** The latest milestone is not the given one and is not in the future. */
    private static final String HAS_NEW = "SELECT count(*) FROM (SELECT * FROM milestone ORDER BY made_at DESC, id DESC"
            + " LIMIT 1) latest WHERE id <> '00000000-0000-0000-0000-000000000001' AND made_at <= clock_timestamp()";

    @Test
    void a_new_milestone_is_the_latest_although_an_older_one_is_in_the_future() {
        try (var database = new OwnDatabase();
                Node node = startOn(database)) {
            addInTheFuture(database);

            node.bean(MilestoneTable.class).renew(EVERY, KEPT);

            assertThat(database.ask(HAS_NEW)).isEqualTo(1);
        }
    }

    @Test
    void one_milestone_is_added_per_interval_after_the_clock_was_set_back() {
        try (var database = new OwnDatabase();
                Node node = startOn(database)) {
            addInTheFuture(database);
            node.bean(MilestoneTable.class).renew(EVERY, KEPT);
            long after = database.ask("SELECT count(*) FROM milestone");

            node.bean(MilestoneTable.class).renew(EVERY, KEPT);

            assertThat(database.ask("SELECT count(*) FROM milestone")).isEqualTo(after);
        }
    }

    @Test
    void milestones_in_the_future_are_deleted_with_those_of_the_lost_history() {
        try (var database = new OwnDatabase();
                Node node = startOn(database)) {
            addInTheFuture(database);

            node.bean(MilestoneTable.class).forgetUntil(Instant.now());

            assertThat(database.ask(HAS_NEW)).isEqualTo(1);
            assertThat(database.ask("SELECT count(*) FROM milestone WHERE made_at > clock_timestamp()"))
                    .isZero();
        }
    }

    private static void addInTheFuture(OwnDatabase database) {
        database.run("INSERT INTO milestone (id, made_at) VALUES ('00000000-0000-0000-0000-000000000001',"
                + " clock_timestamp() + interval '1 hour')");
    }

    /** A node that adds no milestones by itself. */
    private static Node startOn(OwnDatabase database) {
        var settings = new HashMap<>(database.settings(database.owner()));
        settings.put("keylapse.sync.enabled", false);
        settings.put("keylapse.expiry.listener", false);
        return Node.start(Stores.shared(), settings);
    }
}
