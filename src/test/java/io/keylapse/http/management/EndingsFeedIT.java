package io.keylapse.http.management;

import static io.keylapse.http.management.OneNode.assertInvalid;
import static io.keylapse.http.management.OneNode.assertProblem;
import static io.keylapse.http.management.OneNode.owner;
import static io.keylapse.http.management.OneNode.sql;
import static io.keylapse.http.management.OneNode.wish;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keylapse.harness.Client;
import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import io.keylapse.harness.TcpProxy;
import io.micrometer.core.instrument.MeterRegistry;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The feed of endings: access, duration, and resuming. */
@NullUnmarked
class EndingsFeedIT {
    /** One second is promised; the rest allows for a busy test machine. */
    private static final Duration SOON = Duration.ofSeconds(4);

    private static final String FORMER_ADMIN_KEY = "a-former-admin-key-of-this-test";

    private static final TcpProxy toPostgres = new TcpProxy(Stores.shared().postgresUrl());
    private static final Node node = Node.start(
            Stores.shared(),
            Map.of(
                    "keylapse.postgres.url",
                    toPostgres.reaching(Stores.shared().postgresUrl()),
                    "keylapse.former-admin-keys",
                    FORMER_ADMIN_KEY));
    private static final Client admin = node.admin();

    private final List<Feed> opened = Collections.synchronizedList(new ArrayList<>());

    @BeforeAll
    static void start() {
        node.awaitRedisFollowed();
        // In a test, a node's metrics exist only after the first use.
        admin.send("HEAD", "/v1/blacklist/feed", null);
    }

    @AfterEach
    void close() {
        toPostgres.heal();
        opened.forEach(Feed::close);
        await().atMost(20, SECONDS).until(() -> listeners() == 0);
    }

    private Feed listenAs(String managementKey, String query, String... headers) {
        var feed = new Feed(node.port(), managementKey, query, headers);
        opened.add(feed);
        return feed;
    }

    private Feed listen(String query, String... headers) {
        return listenAs(Node.ADMIN_KEY, query, headers);
    }

    private static int listeners() {
        return (int) node.bean(MeterRegistry.class)
                .get("keylapse.blacklist.feed.listeners")
                .gauge()
                .value();
    }

    private static double refused(String limit) {
        return node.bean(MeterRegistry.class)
                .get("keylapse.blacklist.feed.refused")
                .tag("limit", limit)
                .counter()
                .count();
    }

    private static Answer revoke(Answer key) {
        return admin.post("/v1/keys/" + key.text("id") + "/revoke", "{}");
    }

    private static void awaitEnd(Feed feed) {
        await().atMost(SOON).until(() -> !feed.isOpen());
    }

    @Test
    void endings_are_fed_as_they_are_recorded_and_none_is_missed_in_between() {
        String owner = owner();
        Answer first = admin.issue(owner, Duration.ofHours(1));
        Answer second = admin.issue(owner, Duration.ofHours(1));
        Feed feed = listen("").awaitFirst();
        revoke(first);
        await().atMost(20, SECONDS).until(() -> feed.tellsOf(first));
        feed.close();
        revoke(second);

        Feed next = listen("?cursor=" + feed.lastId());

        await().atMost(20, SECONDS).until(() -> next.tellsOf(second));
        assertThat(next.tellsOf(first)).isFalse();
        assertThat(next.events).anyMatch(event -> event.name().equals("ending"));
    }

    @Test
    void last_event_id_continues_after_every_event_with_nothing_lost_and_nothing_twice() {
        String owner = owner();
        String keys = String.join(",", Collections.nCopies(250, wish(owner)));
        assertThat(admin.post("/v1/keys:batch", "{\"keys\":[" + keys + "]}").status())
                .isEqualTo(200);
        Feed before = listen("").awaitFirst();
        before.close();
        assertThat(admin.post("/v1/owners/" + owner + "/revoke", "{}")
                        .json()
                        .get("revoked")
                        .asInt())
                .isEqualTo(250);

        // The header takes precedence over the cursor, which is further ahead.
        Feed whole = listen("?cursor=" + cursor("r~9999999999"), "Last-Event-ID", before.lastId());
        await().atMost(20, SECONDS).until(() -> endings(whole, owner).size() >= 250);
        Feed rest = listen("", "Last-Event-ID", endings(whole, owner).get(99).id());
        await().atMost(20, SECONDS).until(() -> endings(rest, owner).size() >= 150);
        Feed none = listen("", "Last-Event-ID", endings(whole, owner).getLast().id())
                .awaitFirst();

        assertThat(endings(whole, owner)).hasSize(250).doesNotHaveDuplicates();
        assertThat(endings(rest, owner)).isEqualTo(endings(whole, owner).subList(100, 250));
        assertThat(endings(none, owner)).isEmpty();
        assertThat(whole.events).noneMatch(event -> event.name().equals("skipped"));
    }

    private static List<Feed.Event> endings(Feed feed, String owner) {
        return feed.events.stream()
                .filter(event -> event.name().equals("ending") && event.data().contains(owner))
                .toList();
    }

    @Test
    void more_endings_than_anybody_can_follow_are_left_out_and_the_feed_says_so() throws Exception {
        String owner = owner();
        Feed before = listen("").awaitFirst();
        before.close();
        endKeysOf(owner, 1_500);

        Feed feed = listen("", "Last-Event-ID", before.lastId());

        await().atMost(30, SECONDS)
                .until(() -> feed.events.stream().anyMatch(event -> event.name().equals("skipped")));
        Answer key = admin.issue(owner, Duration.ofHours(1));
        revoke(key);
        await().atMost(20, SECONDS).until(() -> feed.tellsOf(key));
        assertThat(endings(feed, owner)).hasSizeBetween(900, 1_001).doesNotHaveDuplicates();
    }

    /** Inserts endings with texts of the maximum length into the blacklist. */
    private static void endKeysOf(String owner, int count) throws Exception {
        sql(
                "INSERT INTO blacklist (key_id, version, owner, name, hint, reason, detail, ended_at, source)"
                        + " SELECT gen_random_uuid(), 1, ?, repeat('\u00fc', 200), 'kl_hint', 'revoked', repeat('\u00fc', 200),"
                        + " now(), 'request' FROM generate_series(1, ?)",
                owner,
                count);
    }

    private static String cursor(String plain) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(plain.getBytes(US_ASCII));
    }

    @Test
    void feed_wants_a_cursor_of_its_own() {
        assertInvalid(admin.get("/v1/blacklist/feed?cursor=x"), "cursor");
        assertInvalid(admin.get("/v1/blacklist/feed?cursor=" + cursor("e~1~2~3")), "cursor");
        assertInvalid(admin.get("/v1/blacklist/feed?owner=x"), "owner");
    }

    @ParameterizedTest
    @ValueSource(strings = {"x", "17", "r~1", "cn4x, cn4x", "cn4x cn4x", "ZX4xfjJ-Mw", "cn54", "cn4xfjI", "cg", "null"})
    void last_event_id_that_is_none_is_refused_by_name(String id) {
        assertInvalid(admin.get("/v1/blacklist/feed", "Last-Event-ID", id), "Last-Event-ID");
        assertThat(admin.send("HEAD", "/v1/blacklist/feed", null, "Last-Event-ID", id)
                        .status())
                .isEqualTo(400);
    }

    @Test
    void empty_last_event_id_is_none_and_two_are_refused() {
        listen("", "Last-Event-ID", "").awaitFirst();
        assertInvalid(
                admin.get("/v1/blacklist/feed", "Last-Event-ID", "cn4x", "Last-Event-ID", "cn4y"), "Last-Event-ID");
    }

    @Test
    void feed_ends_with_its_management_key_that_was_deleted() {
        Answer deleted = make("auditor", "P1D");
        Answer other = make("auditor", "P1D");
        Feed feed = listenAs(deleted.text("key"), "").awaitFirst();
        Feed stays = listenAs(other.text("key"), "").awaitFirst();

        admin.delete("/v1/management-keys/" + deleted.text("id"));

        awaitEnd(feed);
        int heard = stays.events.size();
        await().atMost(20, SECONDS).until(() -> stays.events.size() > heard + 2);
        assertThat(stays.isOpen()).isTrue();
    }

    @Test
    void feed_of_a_former_admin_key_goes_on() {
        Feed feed = listenAs(FORMER_ADMIN_KEY, "").awaitFirst();
        int heard = feed.events.size();
        await().atMost(20, SECONDS).until(() -> feed.events.size() > heard + 2);
        assertThat(feed.isOpen()).isTrue();
    }

    @Test
    void feed_ends_with_its_management_key_that_expires() {
        Feed feed = listenAs(make("issuer", "PT3S").text("key"), "").awaitFirst();
        await().atMost(Duration.ofSeconds(3).plus(SOON)).until(() -> !feed.isOpen());
    }

    @Test
    void feed_ends_when_its_management_key_may_no_longer_read_the_history() throws Exception {
        Answer made = make("auditor", "P1D");
        Feed feed = listenAs(made.text("key"), "").awaitFirst();
        sql("UPDATE management_key SET role = 'check' WHERE hint = ?", made.text("hint"));
        awaitEnd(feed);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void while_postgres_does_not_answer_only_the_key_of_the_environment_goes_on_listening(boolean silently) {
        Answer key = admin.issue(owner(), Duration.ofHours(1));
        Feed stored = listenAs(make("auditor", "PT3S").text("key"), "").awaitFirst();
        Feed environment = listen("").awaitFirst();

        if (silently) {
            toPostgres.swallow();
        } else {
            toPostgres.refuse();
        }

        awaitEnd(stored);
        await().atMost(20, SECONDS).until(() -> listeners() == 1);
        toPostgres.heal();
        await().atMost(30, SECONDS).until(() -> revoke(key).status() == 200);
        await().atMost(40, SECONDS).until(() -> environment.tellsOf(key));
    }

    @Test
    void each_management_key_has_five_feeds_and_all_together_fifty() {
        List<String> keys = Stream.generate(() -> make("auditor", "P1D").text("key"))
                .limit(11)
                .toList();
        double refusedBefore = refused("credential");
        List<Feed> ofFirst =
                askAtOnce(keys.getFirst(), 12).stream().filter(Feed::isOpen).toList();
        assertThat(ofFirst).hasSize(5);
        Answer sixth = listenAs(keys.getFirst(), "").refusal();
        assertProblem(sixth, 429, "TOO_MANY_LISTENERS");
        assertThat(sixth.header("Retry-After")).matches("[1-9][0-9]*");
        assertThat(node.as(keys.getFirst())
                        .send("HEAD", "/v1/blacklist/feed", null)
                        .status())
                .isEqualTo(429);
        assertThat(refused("credential")).isEqualTo(refusedBefore + 9);

        var feeds = new HashMap<>(Map.of(keys.getFirst(), ofFirst));
        await().atMost(60, SECONDS).until(() -> {
            // All feeds end if the machine is too busy to look at their keys within a second.
            keys.subList(0, 10).forEach(key -> feeds.put(key, withFive(key, feeds.getOrDefault(key, List.of()))));
            return listeners() == 50;
        });
        Answer beyond = listenAs(keys.getLast(), "").refusal();
        assertProblem(beyond, 503, "TOO_MANY_LISTENERS");
        assertThat(beyond.header("Retry-After")).matches("[1-9][0-9]*");
        assertThat(refused("all")).isEqualTo(1);

        opened.stream().filter(Feed::isOpen).findFirst().orElseThrow().close();
        await().atMost(20, SECONDS).until(() -> listenAs(keys.getFirst(), "").isOpen());
    }

    private List<Feed> withFive(String key, List<Feed> feeds) {
        List<Feed> open = feeds.stream().filter(Feed::isOpen).toList();
        return Stream.concat(open.stream(), askAtOnce(key, 5 - open.size()).stream())
                .toList();
    }

    private List<Feed> askAtOnce(String key, int count) {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Callable<Feed>> asking = IntStream.range(0, count)
                    .<Callable<Feed>>mapToObj(_ -> () -> listenAs(key, ""))
                    .toList();
            return threads.invokeAll(asking).stream().map(Future::resultNow).toList();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void a_head_request_to_the_feed_takes_no_place() {
        for (int i = 0; i < 60; i++) {
            assertThat(admin.send("HEAD", "/v1/blacklist/feed", null).status()).isEqualTo(200);
        }
        assertThat(listeners()).isZero();
        listen("").awaitFirst();
    }

    @Test
    void place_is_free_again_when_somebody_leaves_before_the_answer() throws Exception {
        for (int i = 0; i < 30; i++) {
            try (Socket socket = ask(make("auditor", "P1D").text("key"), "")) {
                socket.setSoLinger(true, 0);
            }
        }
        await().atMost(20, SECONDS).until(() -> listeners() == 0);
    }

    @Test
    void place_of_who_never_reads_is_free_again_when_the_management_key_ends() throws Exception {
        Feed before = listen("").awaitFirst();
        before.close();
        endKeysOf(owner(), 3_000);
        Answer made = make("auditor", "P1D");
        var sockets = new ArrayList<Socket>();
        try {
            for (int i = 0; i < 5; i++) {
                sockets.add(ask(made.text("key"), "?cursor=" + before.lastId()));
            }
            await().atMost(20, SECONDS).until(() -> listeners() == 5);
            admin.delete("/v1/management-keys/" + made.text("id"));
            await().atMost(SOON).until(() -> listeners() == 0);
        } finally {
            for (Socket socket : sockets) {
                socket.close();
            }
        }
    }

    /** Requests the feed on a connection with a small buffer, and reads nothing. */
    private static Socket ask(String key, String query) throws Exception {
        var socket = new Socket();
        socket.setReceiveBufferSize(4_096);
        socket.connect(new InetSocketAddress("localhost", node.port()));
        socket.getOutputStream()
                .write(("GET /v1/blacklist/feed" + query + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
                                + key + "\r\n\r\n")
                        .getBytes(US_ASCII));
        return socket;
    }

    private static Answer make(String role, String ttl) {
        return admin.post(
                "/v1/management-keys", "{\"name\":\"test\",\"role\":\"%s\",\"ttl\":\"%s\"}".formatted(role, ttl));
    }
}
