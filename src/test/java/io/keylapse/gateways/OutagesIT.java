package io.keylapse.gateways;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keylapse.gateways.KeylapseFront.Fault;
import io.keylapse.gateways.wire.Caller;
import io.keylapse.gateways.wire.HttpMessage;
import io.keylapse.harness.CloseAfterTests;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import io.keylapse.http.Draining;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Gateways while Keylapse does not answer. All gateways run at once, because most of the time they wait for time-outs. */
class OutagesIT {
    private static final Duration PROMISED = Duration.ofSeconds(3);
    private static final int ATTEMPTS = 3;
    private static final long PAUSE_NANOS = 3_000_000;

    @TempDir
    static Path folder;

    private static final List<Integer> ports = List.of(Node.freePort(), Node.freePort());
    private static final List<Node> nodes =
            new ArrayList<>(ports.stream().map(OutagesIT::startNode).toList());
    private static Sites singles = new Sites();
    private static Sites pairs = new Sites();
    private static String secret = "";
    private static String key = "";

    @BeforeAll
    static void start() {
        CloseAfterTests.register(() -> nodes.forEach(Node::close));
        secret = Sites.issue(nodes.getFirst(), Node.owner(), "P1D", "read").text("key");
        key = "X-API-Key: " + secret;
        singles = Sites.start(folder, ports.getFirst());
        pairs = Sites.start(folder, ports.getFirst(), ports.getLast());
    }

    private static Node startNode(int port) {
        Node node = Node.start(Stores.shared(), Map.of("micronaut.server.port", port, "keylapse.drain-time", "PT0.5S"));
        // Also one that a test starts serves the later tests.
        CloseAfterTests.unregister(node);
        return node;
    }

    /**
     * Asserts that Keylapse's 503 comes in time. The time-outs of a gateway take the same time again, and a busy machine
     * does not; so an answer that comes late is asked for again.
     */
    private static void assertUnavailable(Site site, Callable<HttpMessage> request) throws Exception {
        Duration took = Duration.ZERO;
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            long begun = System.nanoTime();
            HttpMessage answer = request.call();
            took = Duration.ofNanos(System.nanoTime() - begun);
            assertThat(answer.status()).as(answer.toString()).isEqualTo(503);
            assertThat(answer.one("Content-Type")).isEqualTo("application/problem+json");
            assertThat(answer.one("X-Key-Code")).isEqualTo("STORE_UNAVAILABLE");
            assertThat(answer.one("Retry-After")).matches("[1-9][0-9]*");
            assertThat(answer.one("Cache-Control")).isEqualTo("no-store");
            assertThat(site.backend().takeReceived()).isEmpty();
            if (took.compareTo(PROMISED) < 0) {
                return;
            }
        }
        assertThat(took).isLessThan(PROMISED);
    }

    private static void assertFailsClosed(Site site) {
        Sites.<Callable<HttpMessage>>inParallel(
                List.of(
                        () -> withProblem(site.ask("GET /x", key)),
                        () -> withProblem(site.ask("GET /public-api", "Authorization: Bearer " + secret)),
                        () -> withProblem(site.send("POST /x", "x".repeat(200_000), key)),
                        () -> site.ask("HEAD /x", key)),
                request -> assertUnavailable(site, request));
    }

    private static HttpMessage withProblem(HttpMessage answer) {
        assertThat(answer.body()).contains("\"status\":503", "\"code\":\"STORE_UNAVAILABLE\"", "\"detail\"");
        return answer;
    }

    /** Waits until each node is asked again. */
    private static void awaitHealed(Site site) {
        await().atMost(20, SECONDS)
                .pollInterval(50, MILLISECONDS)
                .until(() -> site.ask("GET /x", key).status() == 200);
        for (KeylapseFront node : site.nodes()) {
            int before = node.checks().size();
            await().atMost(20, SECONDS).pollInterval(50, MILLISECONDS).until(() -> {
                assertThat(site.ask("GET /x", key).status()).isEqualTo(200);
                return node.checks().size() > before;
            });
        }
        site.backend().takeReceived();
    }

    @ParameterizedTest
    @EnumSource
    void without_an_answer_of_keylapse_the_caller_gets_503_within_3_seconds_and_the_backend_nothing(Fault fault) {
        List<Site> all =
                Stream.of(singles, pairs).flatMap(each -> each.all().stream()).toList();
        Sites.inParallel(all, site -> {
            site.nodes().forEach(node -> node.fail(fault));
            try {
                assertFailsClosed(site);
            } finally {
                site.nodes().forEach(KeylapseFront::heal);
            }
            awaitHealed(site);
            assertThat(site.logs()).doesNotContain(secret);
        });
    }

    @ParameterizedTest
    @CsvSource({"HANGING, UNREACHABLE", "ANSWERING_503, HANGING"})
    void two_nodes_that_fail_in_different_ways_take_no_longer_than_3_seconds(Fault first, Fault second) {
        Sites.inParallel(pairs.all(), site -> {
            site.nodes().getFirst().fail(first);
            site.nodes().getLast().fail(second);
            try {
                assertFailsClosed(site);
            } finally {
                site.nodes().forEach(KeylapseFront::heal);
            }
            awaitHealed(site);
        });
    }

    @ParameterizedTest
    @EnumSource(names = {"DOWN", "UNREACHABLE", "HANGING", "ANSWERING_503"})
    void one_of_two_nodes_that_fails_costs_no_request(Fault fault) {
        Sites.inParallel(pairs.all(), site -> {
            site.node().fail(fault);
            try {
                for (int i = 0; i < 6; i++) {
                    HttpMessage answer = site.ask("GET /x", key);
                    assertThat(answer.status()).as(answer.toString()).isEqualTo(200);
                }
            } finally {
                site.node().heal();
            }
            awaitHealed(site);
        });
    }

    @Test
    void rolling_restart_of_two_nodes_with_and_without_draining_loses_no_request() throws Exception {
        List<Site> all = pairs.all();
        var isOver = new AtomicBoolean();
        var lost = new ConcurrentLinkedQueue<String>();
        List<Thread> callers = all.stream()
                .map(site -> Thread.ofVirtual().start(() -> call(site, isOver, lost)))
                .toList();
        try {
            nodes.getFirst().bean(Draining.class).drain();
            restart(all, 0);
            restart(all, 1);
        } finally {
            isOver.set(true);
            for (Thread each : callers) {
                each.join();
            }
        }
        assertThat(lost).isEmpty();
        assertThat(all)
                .allSatisfy(site -> assertThat(site.backend().takeReceived()).hasSizeGreaterThan(10));
    }

    private static void restart(List<Site> all, int number) {
        nodes.get(number).close();
        all.forEach(site -> site.nodes().get(number).fail(Fault.DOWN));
        nodes.set(number, startNode(ports.get(number)));
        for (Site site : all) {
            KeylapseFront node = site.nodes().get(number);
            int before = node.checks().size();
            node.heal();
            await().atMost(20, SECONDS).until(() -> node.checks().size() > before);
        }
    }

    /** Sends requests on a kept connection until it is over, and notes all that get another answer than 200. */
    private static void call(Site site, AtomicBoolean isOver, ConcurrentLinkedQueue<String> lost) {
        boolean isPost = false;
        while (!isOver.get()) {
            try (Caller caller = site.connect()) {
                boolean isKept = true;
                while (isKept && !isOver.get()) {
                    isPost = !isPost;
                    caller.send(
                            isPost
                                    ? Site.keptHead("POST /x", key, "Content-Length: 3") + "abc"
                                    : Site.keptHead("GET /x", key));
                    HttpMessage answer = caller.answer(isPost ? "POST" : "GET");
                    if (answer.status() != 200) {
                        lost.add(site + ": " + answer);
                    }
                    isKept = answer.all("Connection").stream().noneMatch("close"::equalsIgnoreCase);
                    LockSupport.parkNanos(PAUSE_NANOS);
                }
            } catch (IOException e) {
                lost.add(site + ": " + e);
            }
        }
    }
}
