package io.keylapse.app;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keylapse.app.Program.Ended;
import io.keylapse.harness.Client;
import io.keylapse.harness.Node;
import io.keylapse.harness.OwnDatabase;
import io.keylapse.harness.Stores;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command that gives the Redis of one installation to another. */
class TakeOverIT {
    @TempDir
    Path folder;

    private final Map<String, String> environment = Program.environment(Stores.shared());

    private Ended run(String command) {
        try (Program program = Program.start(folder, environment, command)) {
            return program.awaitEnd();
        }
    }

    @Test
    void redis_is_taken_over_once_no_node_of_the_other_installation_runs() {
        try (var theirs = new OwnDatabase();
                var ours = new OwnDatabase()) {
            String prefix = ours.name() + ":";
            environment.putAll(Map.of(
                    "KEYLAPSE_POSTGRES_URL",
                    ours.url(),
                    "KEYLAPSE_POSTGRES_USER",
                    ours.owner(),
                    "KEYLAPSE_POSTGRES_PASSWORD",
                    OwnDatabase.PASSWORD,
                    "KEYLAPSE_REDIS_KEY_PREFIX",
                    prefix));
            assertThat(run("migrate").exitCode()).isZero();
            var settings = new HashMap<>(theirs.settings(theirs.owner()));
            settings.put("keylapse.redis.key-prefix", prefix);
            try (Node node = Node.start(Stores.shared(), settings)) {
                node.awaitRedisFollowed();
                Ended refused = run("take-over");
                assertThat(refused.exitCode()).as(refused.err()).isEqualTo(1);
                assertThat(refused.out()).contains("followed installation", "some node still uses it");
                Ended foreign = run("serve");
                assertThat(foreign.exitCode()).isEqualTo(1);
                assertThat(foreign.err()).contains("belongs to another installation", "\"keylapse take-over\"");
                assertThat(node.admin().issue("owner", Duration.ofDays(1)).text("enforcement"))
                        .isEqualTo("applied");
            }

            await().atMost(60, SECONDS).untilAsserted(() -> {
                Ended done = run("take-over");
                assertThat(done.out()).contains("taken over");
                assertThat(done.exitCode()).isZero();
            });
            try (Program node = Program.start(folder, environment, "serve")) {
                Client admin = Client.of(node.awaitPort(), "an-admin-key-for-tests-only");
                await().atMost(20, SECONDS)
                        .untilAsserted(() -> assertThat(
                                        admin.issue("owner", Duration.ofDays(1)).text("enforcement"))
                                .isEqualTo("applied"));
            }
        }
    }
}
