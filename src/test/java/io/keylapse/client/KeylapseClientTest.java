package io.keylapse.client;

import static io.keylapse.client.ScriptedNode.CLOSE;
import static io.keylapse.client.ScriptedNode.GOOD;
import static io.keylapse.client.ScriptedNode.HANG;
import static io.keylapse.client.ScriptedNode.REFUSED;
import static io.keylapse.client.ScriptedNode.UNAVAILABLE;
import static io.keylapse.client.ScriptedNode.good;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

import io.keylapse.client.CheckResult.Good;
import io.keylapse.client.CheckResult.Refused;
import io.keylapse.client.CheckResult.Unavailable;
import io.keylapse.harness.CloseAfterTests;
import io.keylapse.harness.Node;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How a client treats its nodes and connections. */
class KeylapseClientTest {
    private static final Duration LONG = Duration.ofSeconds(20);

    @Test
    void request_has_the_key_and_the_scopes_and_nothing_else() {
        var node = new ScriptedNode(GOOD);
        KeylapseClient client = patient(node.address());
        assertThat(client.check("kl_abc", List.of("read", "write"))).isInstanceOf(Good.class);
        assertThat(client.check("", List.of())).isInstanceOf(Good.class);
        client.checkPresented(List.of("a", "b", "c"), List.of());
        String start = "GET /check HTTP/1.1\r\nHost: 127.0.0.1:" + node.port() + "\r\n";
        assertThat(node.requests())
                .containsExactly(
                        start + "X-API-Key: kl_abc\r\nX-Required-Scopes: read write\r\n\r\n",
                        start + "\r\n",
                        start + "X-API-Key: a\r\nX-API-Key: b\r\n\r\n");
    }

    @Test
    void headers_and_context_path_of_the_service_can_be_others() {
        var node = new ScriptedNode(GOOD);
        try (KeylapseClient client = KeylapseClient.builder(node.address() + "/keylapse/")
                .keyHeader("X-Token")
                .scopesHeader("X-Scopes")
                .build()) {
            client.check("kl_abc", List.of("read"));
        }
        assertThat(node.requests())
                .singleElement()
                .asString()
                .startsWith("GET /keylapse/check HTTP/1.1\r\n")
                .endsWith("\r\nX-Token: kl_abc\r\nX-Scopes: read\r\n\r\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a\r\nX-Required-Scopes: none",
                "a\nb",
                "a\r\n\r\nGET /check HTTP/1.1",
                "\u0000",
                "a b",
                " ",
                "ключ",
                "\u0130",
                "\u010D\u010A"
            })
    void text_that_cannot_be_a_key_does_not_enter_the_request(String text) {
        var node = new ScriptedNode(REFUSED);
        assertThat(patient(node.address()).check(text, List.of())).isInstanceOf(Refused.class);
        assertThat(node.requests()).singleElement().asString().endsWith("\r\nX-API-Key: malformed\r\n\r\n");
    }

    @Test
    void long_text_is_not_sent_so_that_no_caller_makes_a_node_refuse_the_request() {
        var node = new ScriptedNode(REFUSED);
        patient(node.address()).check("k".repeat(100_000), List.of());
        assertThat(node.requests()).singleElement().asString().hasSizeLessThan(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "a b", "a\r\nb", "\"", "\\", "é"})
    void scope_that_no_key_can_have_is_a_fault_of_the_program(String scope) {
        var node = new ScriptedNode(GOOD);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> patient(node.address()).check("kl_abc", List.of("read", scope)));
        assertThat(node.requests()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "localhost:8080",
                "ftp://localhost",
                "http://",
                "http://user@localhost",
                "http://localhost/?a=b",
                "unix:relative",
                "unix://host/path",
                "http://local host"
            })
    void address_of_another_form_is_a_fault_of_the_program(String address) {
        assertThatIllegalArgumentException().isThrownBy(() -> KeylapseClient.of(address));
    }

    @Test
    void checks_one_after_the_other_use_one_connection() {
        var node = new ScriptedNode(GOOD);
        KeylapseClient client = patient(node.address());
        for (int i = 0; i < 50; i++) {
            assertThat(client.check("kl_abc", List.of())).isInstanceOf(Good.class);
        }
        assertThat(node.connections()).isEqualTo(1);
    }

    @Test
    void connection_that_the_node_will_close_is_not_used_again() {
        var node = new ScriptedNode(good("acme", "Connection: close"));
        KeylapseClient client = patient(node.address());
        client.check("kl_abc", List.of());
        client.check("kl_abc", List.of());
        assertThat(node.connections()).isEqualTo(2);
    }

    @Test
    void kept_connection_that_was_closed_costs_no_attempt() {
        var node = new ScriptedNode((request, connection, number) -> number == 1 ? GOOD : CLOSE);
        KeylapseClient client = patient(node.address());
        for (int i = 0; i < 5; i++) {
            assertThat(client.check("kl_abc", List.of())).isInstanceOf(Good.class);
        }
        assertThat(node.connections()).isEqualTo(5);
    }

    @Test
    void connection_on_which_more_came_than_was_asked_for_is_not_used_again() {
        var node = new ScriptedNode(
                (request, connection, number) -> connection == 1 ? REFUSED + good("of-another-key") : good("acme"));
        KeylapseClient client = patient(node.address());
        client.check("kl_abc", List.of());
        assertThat(client.check("kl_abc", List.of()))
                .isInstanceOfSatisfying(
                        Good.class, good -> assertThat(good.owner()).isEqualTo("acme"));
        assertThat(node.connections()).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {CLOSE, HANG, "nonsense\r\n\r\n", "HTTP/1.1 500 Oops\r\ncontent-length: 0\r\n\r\n"})
    void node_that_fails_is_replaced_by_another_one_within_the_check(String failure) {
        var failing = new ScriptedNode(failure);
        var well = new ScriptedNode(GOOD);
        try (KeylapseClient client = KeylapseClient.builder(failing.address(), well.address())
                .answerTimeout(Duration.ofSeconds(2))
                .totalTimeout(LONG)
                .build()) {
            assertThat(client.check("kl_abc", List.of())).isInstanceOf(Good.class);
        }
        assertThat(failing.requests()).hasSize(1);
    }

    @Test
    void nodes_that_cannot_be_reached_cost_no_check_while_one_answers() {
        var well = new ScriptedNode(GOOD);
        KeylapseClient client = patient("http://127.0.0.1:" + Node.freePort(), "unix:/nowhere.sock", well.address());
        client.check("kl_abc", List.of());
        client.check("kl_abc", List.of());
        // Now both failures are known.
        long start = System.nanoTime();
        while (System.nanoTime() - start < Duration.ofSeconds(3).toNanos()) {
            assertThat(client.check("kl_abc", List.of())).isInstanceOf(Good.class);
        }
    }

    @Test
    void refusal_is_no_failure_and_no_other_node_is_asked() {
        var refusing = new ScriptedNode(REFUSED);
        var other = new ScriptedNode(GOOD);
        assertThat(patient(refusing.address(), other.address()).check("kl_abc", List.of()))
                .isInstanceOf(Refused.class);
        assertThat(other.requests()).isEmpty();
    }

    @Test
    void checks_take_turns_among_nodes() {
        var one = new ScriptedNode(GOOD);
        var two = new ScriptedNode(GOOD);
        KeylapseClient client = patient(one.address(), two.address());
        for (int i = 0; i < 10; i++) {
            client.check("kl_abc", List.of());
        }
        assertThat(one.requests()).hasSize(5);
        assertThat(two.requests()).hasSize(5);
    }

    @Test
    void node_that_failed_is_left_out_for_a_second_and_used_again_when_it_answers() {
        var failing = new ScriptedNode(UNAVAILABLE);
        var well = new ScriptedNode(GOOD);
        KeylapseClient client = patient(failing.address(), well.address());
        long start = System.nanoTime();
        for (int i = 0; i < 30; i++) {
            assertThat(client.check("kl_abc", List.of())).isInstanceOf(Good.class);
        }
        long seconds = Duration.ofNanos(System.nanoTime() - start).toSeconds();
        assertThat(failing.requests()).hasSizeBetween(1, (int) seconds + 1);

        failing.follow((request, connection, number) -> GOOD);
        int before = failing.requests().size();
        await().atMost(20, SECONDS).until(() -> {
            client.check("kl_abc", List.of());
            return failing.requests().size() > before + 2;
        });
    }

    @Test
    void without_another_node_the_failed_one_is_asked_and_its_time_to_wait_passed_on() {
        var node = new ScriptedNode(UNAVAILABLE);
        KeylapseClient client = patient(node.address());
        for (int i = 0; i < 3; i++) {
            assertThat(client.check("kl_abc", List.of())).isInstanceOfSatisfying(Unavailable.class, unavailable -> {
                assertThat(unavailable.status()).isEqualTo(503);
                assertThat(unavailable.retryAfter()).isEqualTo(Duration.ofSeconds(7));
                assertThat(unavailable.headers())
                        .containsEntry("Retry-After", "7")
                        .containsEntry("X-Key-Code", "STORE_UNAVAILABLE")
                        .containsEntry("Content-Type", "application/problem+json")
                        .containsEntry("Cache-Control", "no-store");
                assertThat(unavailable.body()).contains("\"code\":\"STORE_UNAVAILABLE\"");
                assertThat(unavailable.why()).contains(node.address(), "503").doesNotContain("kl_abc");
            });
        }
        assertThat(node.requests()).hasSize(3);
    }

    @Test
    void nodes_that_hang_are_unavailable_within_the_time_that_is_promised() {
        try (KeylapseClient client =
                KeylapseClient.of(new ScriptedNode(HANG).address(), new ScriptedNode(HANG).address())) {
            long start = System.nanoTime();
            assertThat(client.check("kl_abc", List.of())).isInstanceOf(Unavailable.class);
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(3));
        }
    }

    @Test
    void answer_that_comes_byte_by_byte_does_not_outlast_the_time_limit() {
        var node = new ScriptedNode("HTTP/1.1 200 OK\r\nX-A: ").dripping(Duration.ofMillis(20));
        try (KeylapseClient client = KeylapseClient.builder(node.address())
                .answerTimeout(Duration.ofMillis(300))
                .build()) {
            assertThat(client.check("kl_abc", List.of()))
                    .isInstanceOfSatisfying(
                            Unavailable.class,
                            unavailable -> assertThat(unavailable.why()).contains("no response in time"));
        }
    }

    @Test
    void node_has_no_more_connections_than_are_allowed() throws Exception {
        var release = new CountDownLatch(1);
        var node = new ScriptedNode((request, connection, number) -> {
            release.await();
            return GOOD;
        });
        try (var threads = Executors.newVirtualThreadPerTaskExecutor();
                KeylapseClient client = KeylapseClient.builder(node.address())
                        .maxConnectionsPerNode(1)
                        .connectTimeout(Duration.ofMillis(300))
                        .answerTimeout(LONG)
                        .totalTimeout(LONG)
                        .build()) {
            Future<CheckResult> first = threads.submit(() -> client.check("kl_abc", List.of()));
            await().atMost(10, SECONDS).until(() -> node.requests().size() == 1);
            assertThat(client.check("kl_abc", List.of()))
                    .isInstanceOfSatisfying(
                            Unavailable.class,
                            unavailable -> assertThat(unavailable.why()).contains("all connections are in use"));
            release.countDown();
            assertThat(first.get()).isInstanceOf(Good.class);
            assertThat(client.check("kl_abc", List.of())).isInstanceOf(Good.class);
            assertThat(node.connections()).isEqualTo(1);
        }
    }

    @Test
    void each_of_many_virtual_threads_gets_the_answer_to_its_own_key() throws Exception {
        var node = new ScriptedNode(
                (request, connection, number) -> good(request.replaceFirst("(?s).*X-API-Key: (\\S+).*", "$1")));
        KeylapseClient client = patient(node.address());
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var results = new ArrayList<Future<CheckResult>>();
            for (int i = 0; i < 500; i++) {
                String key = "key" + i;
                results.add(threads.submit(() -> client.check(key, List.of())));
            }
            for (int i = 0; i < 500; i++) {
                String key = "key" + i;
                assertThat(results.get(i).get())
                        .isInstanceOfSatisfying(
                                Good.class, good -> assertThat(good.owner()).isEqualTo(key));
            }
        }
        assertThat(node.connections()).isLessThanOrEqualTo(64);
    }

    @Test
    void interrupted_check_is_unavailable_and_the_thread_stays_interrupted() {
        KeylapseClient client = patient(new ScriptedNode(GOOD).address());
        Thread.currentThread().interrupt();
        assertThat(client.check("kl_abc", List.of())).isInstanceOf(Unavailable.class);
        assertThat(Thread.interrupted()).isTrue();
        assertThat(client.check("kl_abc", List.of())).isInstanceOf(Good.class);
    }

    @Test
    void closed_client_is_unavailable_and_has_closed_its_connections() {
        var node = new ScriptedNode(GOOD);
        KeylapseClient client = patient(node.address());
        client.check("kl_abc", List.of());
        client.close();
        assertThat(client.check("kl_abc", List.of())).isInstanceOf(Unavailable.class);
        assertThat(node.requests()).hasSize(1);
        await().atMost(10, SECONDS).until(() -> node.openConnections() == 0);
    }

    private static KeylapseClient patient(String... nodes) {
        return CloseAfterTests.register(KeylapseClient.builder(nodes)
                .connectTimeout(LONG)
                .answerTimeout(LONG)
                .totalTimeout(LONG)
                .build());
    }
}
