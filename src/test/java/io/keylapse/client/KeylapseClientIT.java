package io.keylapse.client;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keylapse.client.CheckResult.Good;
import io.keylapse.client.CheckResult.Refused;
import io.keylapse.client.CheckResult.Unavailable;
import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.CloseAfterTests;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import io.keylapse.harness.TcpProxy;
import io.keylapse.http.Draining;
import io.keylapse.key.KeyFormat;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The client with real nodes, over TCP and the Unix socket. */
class KeylapseClientIT {
    private static final Duration LONG = Duration.ofSeconds(20);

    @TempDir
    static Path folder;

    private static int port;
    private static Node node;

    /** How the client reaches the node. */
    enum Way {
        MAIN_PORT,
        GATEWAY_PORT,
        SOCKET;

        String address() {
            return switch (this) {
                case MAIN_PORT -> "http://localhost:" + node.port();
                case GATEWAY_PORT -> "http://127.0.0.1:" + port;
                case SOCKET -> "unix:" + folder.resolve("check.sock");
            };
        }
    }

    @BeforeAll
    static void start() {
        port = Node.freePort();
        node = Node.start(
                Stores.shared(),
                Map.of(
                        "keylapse.gateway.port",
                        port,
                        "keylapse.gateway.socket",
                        folder.resolve("check.sock").toString(),
                        "keylapse.gateway.renew-url",
                        "https://renew.example/{owner}",
                        "keylapse.gateway.warn-within",
                        "PT2H",
                        "keylapse.self-rotation-policy",
                        "before-expiry"));
    }

    @ParameterizedTest
    @EnumSource
    void valid_key_is_good_with_all_that_is_known_of_it(Way way) {
        Answer issued =
                node.admin().issue("{\"owner\":\"Zoë %2F\",\"name\":\"n\",\"ttl\":\"PT1H\",\"scopes\":[\"a\",\"b%\"]}");
        KeylapseClient client = client(way.address());
        for (int i = 0; i < 3; i++) {
            assertThat(client.check(key(issued), List.of("b%"))).isInstanceOfSatisfying(Good.class, good -> {
                assertThat(good.owner()).isEqualTo("Zoë %2F");
                assertThat(good.keyId()).isEqualTo(issued.text("id"));
                assertThat(good.scopes()).containsExactlyInAnyOrder("a", "b%");
                assertThat(good.expiresAt()).isEqualTo(Instant.parse(issued.text("expiresAt")));
                assertThat(good.expiresIn()).isBetween(Duration.ofMinutes(50), Duration.ofHours(1));
                assertThat(good.headers()).containsEntry("X-Consumer-ID", "Zo%C3%AB%20%252F");
            });
        }
    }

    @ParameterizedTest
    @EnumSource
    void each_refusal_is_that_of_check(Way way) {
        Answer expired = node.issue(Duration.ofSeconds(1));
        Answer revoked = node.issue(Duration.ofDays(1));
        node.admin().delete("/v1/keys/" + revoked.text("id"));
        Answer rotated = node.issue(Duration.ofDays(1));
        Answer successor = node.admin().post("/v1/keys/" + rotated.text("id") + "/rotate", "{\"grace\":\"PT0S\"}");
        KeylapseClient client = client(way.address());
        await().atMost(10, SECONDS).until(() -> client.check(key(expired), List.of()) instanceof Refused);

        Refused result = refused(client, key(expired), "KEY_EXPIRED");
        assertThat(result.keyId()).isEqualTo(expired.text("id"));
        assertThat(result.expiredAt()).isEqualTo(Instant.parse(expired.text("expiresAt")));
        assertThat(result.renewUrl()).isEqualTo("https://renew.example/" + expired.text("owner"));
        assertThat(refused(client, key(revoked), "KEY_REVOKED").keyId()).isEqualTo(revoked.text("id"));
        assertThat(refused(client, key(rotated), "KEY_ROTATED").successorId()).isEqualTo(successor.text("id"));
        refused(client, new KeyFormat("kl", List.of()).generate().reveal(), "KEY_UNKNOWN");
        refused(client, "junk", "KEY_MALFORMED");
        refused(client, "", "KEY_MISSING");

        assertThat(client.check("junk\r\nX-Evil: a", List.of()))
                .isInstanceOfSatisfying(
                        Refused.class, refused -> assertThat(refused.code()).isEqualTo("KEY_MALFORMED"));
        assertThat(client.checkPresented(List.of(key(revoked), key(rotated)), List.of()))
                .isInstanceOfSatisfying(
                        Refused.class, refused -> assertThat(refused.code()).isEqualTo("KEY_AMBIGUOUS"));
        assertThat(client.check(key(successor), List.of("admin"))).isInstanceOfSatisfying(Refused.class, refused -> {
            assertThat(refused.status()).isEqualTo(403);
            assertThat(refused.code()).isEqualTo("SCOPE_MISSING");
            assertThat(refused.headers().get("WWW-Authenticate")).contains("scope=\"admin\"");
        });
    }

    @Test
    void service_that_does_not_know_the_header_of_scopes_lets_no_key_pass() {
        Answer issued = node.issue(Duration.ofDays(1));
        try (KeylapseClient client = KeylapseClient.builder(Way.MAIN_PORT.address())
                .scopesHeader("X-Other-Scopes")
                .build()) {
            assertThat(client.check(key(issued), List.of("admin"))).isInstanceOf(Unavailable.class);
        }
    }

    @Test
    void stores_that_do_not_answer_make_a_check_unavailable() {
        Stores stores = Stores.own();
        Node alone = Node.start(stores, Map.of());
        String issued = key(alone.issue(Duration.ofDays(1)));
        KeylapseClient client = client("http://localhost:" + alone.port());
        stores.interruptRedis();
        stores.interruptPostgres();
        try {
            await().atMost(20, SECONDS)
                    .untilAsserted(() -> assertThat(client.check(issued, List.of()))
                            .isInstanceOfSatisfying(
                                    Unavailable.class,
                                    unavailable -> assertThat(unavailable.why()).contains("503")));
        } finally {
            stores.resumeRedis();
            stores.resumePostgres();
        }
    }

    @Test
    void node_that_drains_and_stops_costs_no_check_while_another_one_runs() {
        Node other = Node.start(Stores.shared(), Map.of());
        String issued = key(node.issue(Duration.ofDays(1)));
        KeylapseClient client = client("http://localhost:" + other.port(), Way.GATEWAY_PORT.address());
        for (int i = 0; i < 10; i++) {
            assertThat(client.check(issued, List.of())).isInstanceOf(Good.class);
        }
        CompletableFuture<Void> stopped = CompletableFuture.runAsync(() -> {
            drain(other);
            other.close();
        });
        while (!stopped.isDone()) {
            assertThat(client.check(issued, List.of())).isInstanceOf(Good.class);
        }
        stopped.join();
        for (int i = 0; i < 10; i++) {
            assertThat(client.check(issued, List.of())).isInstanceOf(Good.class);
        }
    }

    @Test
    void node_that_hangs_is_replaced_by_another_one_within_the_time_that_is_promised() {
        var hanging = new TcpProxy(node.port());
        String issued = key(node.issue(Duration.ofDays(1)));
        try (KeylapseClient client =
                KeylapseClient.of("http://127.0.0.1:" + hanging.port(), Way.GATEWAY_PORT.address())) {
            assertThat(client.check(issued, List.of())).isInstanceOf(Good.class);
            assertThat(client.check(issued, List.of())).isInstanceOf(Good.class);
            hanging.swallow();
            for (int i = 0; i < 4; i++) {
                long start = System.nanoTime();
                assertThat(client.check(issued, List.of())).isInstanceOf(Good.class);
                assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(3));
            }
        }
    }

    @Test
    void node_that_was_restarted_is_used_again() {
        var front = new TcpProxy(node.port());
        String issued = key(node.issue(Duration.ofDays(1)));
        KeylapseClient client = client("http://127.0.0.1:" + front.port());
        assertThat(client.check(issued, List.of())).isInstanceOf(Good.class);
        front.cut();
        assertThat(client.check(issued, List.of())).isInstanceOf(Good.class);
        front.refuse();
        assertThat(client.check(issued, List.of())).isInstanceOf(Unavailable.class);
        front.heal();
        assertThat(client.check(issued, List.of())).isInstanceOf(Good.class);
    }

    private static void drain(Node node) {
        try {
            node.bean(Draining.class).drain();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Refused refused(KeylapseClient client, String key, String code) {
        Answer expected = node.anonymous().check(key);
        var refused = (Refused) client.check(key, List.of());
        assertThat(refused.code()).isEqualTo(code);
        assertThat(refused.status()).isEqualTo(expected.status());
        assertThat(refused.body()).isEqualTo(expected.body());
        expected.headers().map().forEach((name, values) -> {
            if (!name.equalsIgnoreCase("content-length") && !name.equalsIgnoreCase("date")) {
                assertThat(refused.headers().get(name)).as(name).isEqualTo(values.getFirst());
            }
        });
        return refused;
    }

    private static KeylapseClient client(String... nodes) {
        return CloseAfterTests.register(KeylapseClient.builder(nodes)
                .answerTimeout(LONG)
                .totalTimeout(LONG)
                .build());
    }

    private static String key(Answer issued) {
        return Objects.requireNonNull(issued.text("key"));
    }

    @Test
    void holder_rotates_a_key_and_may_repeat_that_until_the_new_one_is_confirmed() {
        String key = node.issue(Duration.ofHours(1)).text("key");
        try (KeylapseClient client = KeylapseClient.builder(Way.MAIN_PORT.address())
                .answerTimeout(LONG)
                .totalTimeout(LONG)
                .build()) {
            String lost = rotated(client.rotate(key, Duration.ofMinutes(10)));
            String successor = rotated(client.rotate(key, Duration.ofMinutes(10)));
            assertThat(client.check(lost, List.of())).isInstanceOf(Refused.class);
            assertThat(client.check(successor, List.of())).isInstanceOf(Good.class);

            assertThat(client.confirm(successor)).isTrue();

            assertThat(client.rotate(key, Duration.ofMinutes(10)))
                    .isEqualTo(new RotationResult.Refused(409, "KEY_ENDED"));
            assertThat(client.check(successor, List.of())).isInstanceOf(Good.class);
            assertThat(client.confirm("kl_unknown")).isFalse();
        }
        try (KeylapseClient client = KeylapseClient.of("http://127.0.0.1:1")) {
            assertThat(client.rotate(key, Duration.ZERO)).isInstanceOf(RotationResult.Unanswered.class);
        }
    }

    private static String rotated(RotationResult result) {
        assertThat(result).isInstanceOf(RotationResult.Rotated.class);
        assertThat(result).hasToString("Rotated[REDACTED]");
        return ((RotationResult.Rotated) result).key();
    }
}
