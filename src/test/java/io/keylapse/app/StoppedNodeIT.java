package io.keylapse.app;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keylapse.harness.Client;
import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import io.keylapse.harness.TcpProxy;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process that was suspended resumes without knowing for how long. */
class StoppedNodeIT {
    @TempDir
    static Path folder;

    private static final Stores stores = Stores.own();

    @Test
    void a_suspended_node_refuses_at_its_first_check_what_was_revoked_meanwhile() throws Exception {
        try (var wire = new TcpProxy(stores.redisUri());
                var revoker = Node.start(stores, Map.of("keylapse.redis.uri", wire.reaching(stores.redisUri())));
                var stopped = Program.start(folder, Program.environment(stores))) {
            Client atStopped = Client.of(stopped.awaitPort(), null);
            Answer key = revoker.admin().issue("stopped", Duration.ofDays(1));
            await().atMost(10, SECONDS)
                    .until(() -> atStopped.check(key.text("key")).status() == 200);
            stopped.signal("STOP");
            wire.refuse();

            assertThat(revoker.admin().delete("/v1/keys/" + key.text("id")).text("enforcement"))
                    .isEqualTo("pending");
            // After that time the node considers Redis's data stale, and it has lost its connections to Postgres.
            Instant revoked = Instant.now();
            stores.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'keylapse'");
            await().until(() -> Instant.now().isAfter(revoked.plusMillis(2_100)));
            stopped.signal("CONT");

            assertThat(atStopped.check(key.text("key")).status()).isIn(401, 503);
            await().atMost(10, SECONDS)
                    .until(() -> "KEY_REVOKED"
                            .equals(atStopped.check(key.text("key")).header("X-Key-Code")));
        }
    }
}
