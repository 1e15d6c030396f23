package io.keylapse.app;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keylapse.harness.Client;
import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import io.keylapse.harness.TcpProxy;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Any number of nodes can run, start and stop. */
class SeveralNodesIT {
    private static final int KEYS = 120;

    @TempDir
    static Path folder;

    private static final Stores stores = Stores.own();

    @Test
    void of_three_nodes_one_records_and_each_expiry_is_recorded_once() {
        try (var one = Node.start(stores, Map.of());
                var two = Node.start(stores, Map.of());
                var three = Node.start(stores, Map.of())) {
            awaitHearing(3);
            issue(three.admin(), "shared", Duration.ofSeconds(4));

            await().atMost(15, SECONDS).until(() -> recorded(one.admin(), "shared") == KEYS);

            assertThat(Stream.of(one, two, three).map(SeveralNodesIT::recordedBy))
                    .containsExactlyInAnyOrder((double) KEYS, 0.0, 0.0);
        }
    }

    private static void awaitHearing(int nodes) {
        await().atMost(10, SECONDS).until(() -> hearing() == nodes);
    }

    /** The number of nodes that report a working subscription to expiries. */
    private static long hearing() {
        return stores.ask("SELECT count(*) FROM node WHERE seen_at > clock_timestamp() - interval '1.5 s'");
    }

    private static double recordedBy(Node node) {
        return node.anonymous()
                .get("/prometheus")
                .body()
                .lines()
                .filter(line -> line.startsWith("keylapse_expiries_recorded_total"))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    @Test
    void killing_the_node_that_records_loses_no_expiry_and_keeps_every_bound() {
        try (var victim = Program.start(folder, Program.environment(stores))) {
            // The first node, which is the leader of the recorder.
            victim.awaitPort();
            awaitHearing(1);
            killWhileRecording(victim);
        }
    }

    private static void killWhileRecording(Program victim) {
        try (var survivor = Node.start(stores, Map.of())) {
            List<Answer> keys = issue(survivor.admin(), "killed", Duration.ofSeconds(4));
            Instant last = Instant.parse(keys.getLast().text("expiresAt"));
            await().until(() -> Instant.now().isAfter(last.minusMillis(500)));
            victim.killMinusNine();

            await().atMost(10, SECONDS).until(() -> recorded(survivor.admin(), "killed") == KEYS);
            assertThat(lags(survivor.admin(), "killed"))
                    .allSatisfy(lag -> assertThat(lag).isLessThan(Duration.ofSeconds(2)));
        }
    }

    @Test
    void a_node_that_redis_does_not_reach_leaves_leadership_to_one_with_notifications() {
        try (var wire = new TcpProxy(stores.redisUri());
                var cutOff = Node.start(
                        stores,
                        Map.of(
                                "keylapse.redis.uri",
                                wire.reaching(stores.redisUri()),
                                "keylapse.expiry.sweep",
                                false));
                var hearing = Node.start(stores, Map.of("keylapse.expiry.sweep", false))) {
            awaitHearing(2);
            wire.refuse();
            awaitHearing(1);

            issue(hearing.admin(), "heard", Duration.ofSeconds(4));

            await().atMost(13, SECONDS).until(() -> recordedBy(hearing) == KEYS);
            assertThat(recordedBy(cutOff)).isZero();
        }
    }

    @Test
    void rolling_restart_under_load_drops_no_request_that_was_accepted() throws Exception {
        Map<String, String> environment = Program.environment(stores);
        environment.put("KEYLAPSE_DRAIN_TIME", "PT1S");
        var balancer = new Balancer();
        var programs = new ArrayList<Program>();
        try {
            for (int i = 0; i < 2; i++) {
                programs.add(balancer.start(environment));
            }
            String key = Client.of(balancer.ports.getFirst(), Node.ADMIN_KEY)
                    .issue("acme", Duration.ofHours(1))
                    .text("key");
            var failures = new CopyOnWriteArrayList<String>();
            var done = new AtomicBoolean();
            var answered = new AtomicInteger();
            var callers = new ArrayList<CompletableFuture<Void>>();
            for (int i = 0; i < 2; i++) {
                callers.add(CompletableFuture.runAsync(() -> {
                    while (!done.get()) {
                        try {
                            Answer answer = Client.of(balancer.next(), null).check(key);
                            if (answer.status() == 200) {
                                answered.incrementAndGet();
                            } else {
                                failures.add(answer.status() + " " + answer.body());
                            }
                        } catch (UncheckedIOException e) {
                            // The connection was refused; like a load balancer, go on to the next node.
                            if (!(e.getCause() instanceof ConnectException)) {
                                failures.add(e.toString());
                            }
                        }
                    }
                }));
            }
            for (int i = 0; i < 2; i++) {
                Program old = programs.get(i);
                programs.add(balancer.start(environment));
                int before = answered.get();
                balancer.watch();
                old.signal("TERM");
                assertThat(old.awaitEnd().exitCode()).isEqualTo(143);
                assertThat(answered.get()).isGreaterThan(before);
            }
            done.set(true);
            callers.forEach(CompletableFuture::join);
            assertThat(failures).isEmpty();
            assertThat(answered.get()).isGreaterThan(100);
        } finally {
            balancer.stop();
            programs.forEach(Program::close);
        }
    }

    /** A load balancer: polls readiness, and sends no requests to a node that is not ready. */
    private static final class Balancer {
        private final CopyOnWriteArrayList<Integer> ports = new CopyOnWriteArrayList<>();
        private final AtomicInteger turn = new AtomicInteger();
        private volatile boolean stopped;

        Program start(Map<String, String> environment) {
            Program program = Program.start(folder, environment);
            int port = program.awaitPort();
            await().atMost(20, SECONDS).until(() -> isReady(port));
            ports.add(port);
            return program;
        }

        void watch() {
            Thread.ofVirtual().start(() -> {
                while (!stopped) {
                    ports.removeIf(port -> !isReady(port));
                    Thread.onSpinWait();
                }
            });
        }

        private static boolean isReady(int port) {
            try {
                return Client.of(port, null).get("/health/readiness").status() == 200;
            } catch (RuntimeException e) {
                return false;
            }
        }

        int next() {
            List<Integer> ready = List.copyOf(ports);
            return ready.get(Math.floorMod(turn.getAndIncrement(), ready.size()));
        }

        void stop() {
            stopped = true;
        }
    }

    private static List<Answer> issue(Client client, String owner, Duration ttl) {
        var keys = new ArrayList<Answer>();
        for (int i = 0; i < KEYS; i++) {
            keys.add(client.issue(owner, ttl));
        }
        return keys;
    }

    private static int recorded(Client client, String owner) {
        return client.get("/v1/blacklist?limit=500&owner=" + owner)
                .json()
                .get("items")
                .size();
    }

    private static List<Duration> lags(Client client, String owner) {
        var lags = new ArrayList<Duration>();
        client.get("/v1/blacklist?limit=500&owner=" + owner)
                .json()
                .get("items")
                .forEach(entry -> lags.add(Duration.between(
                        Instant.parse(entry.get("endedAt").asText()),
                        Instant.parse(entry.get("recordedAt").asText()))));
        return lags;
    }
}
