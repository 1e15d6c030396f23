package io.keylapse.blacklist;

import static io.keylapse.blacklist.Reader.query;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Exports that clients keep open: their maximum number, what they hold, and for how long. */
@NullUnmarked
class HeldExportsIT {
    private static final int MANY = 60_000;
    private static final String LARGE = query("owner", "large");

    private static final Stores stores = Stores.own();
    private static final Node node = Node.start(stores, Map.of("keylapse.notices.enabled", false));

    private final List<Download> open = new ArrayList<>();

    @BeforeAll
    static void fill() {
        // The largest possible rows, of characters that take four bytes each.
        stores.run("""
                INSERT INTO blacklist (key_id, version, owner, name, hint, reason, detail, ended_at, source)
                SELECT gen_random_uuid(), 1, 'large', repeat(U&'\\+01F511', 200), 'kl_hint', 'revoked',
                    repeat(U&'\\+01F511', 200), timestamptz '2010-01-01Z' + i * interval '1 ms', 'request'
                FROM generate_series(1, %d) i""".formatted(MANY));
        stores.run("ANALYZE blacklist");
    }

    @AfterEach
    void closeAll() throws IOException {
        for (Download each : open) {
            each.close();
        }
        // All places are free again, although no client said that it stopped.
        await().atMost(20, SECONDS).until(() -> areAllPlacesFree(node));
    }

    private Download hold(String managementKey) throws IOException {
        var download = new Download(node.port(), managementKey, LARGE);
        open.add(download);
        if (download.status() == 200) {
            download.chunk(new long[1]);
        }
        return download;
    }

    private static String managementKey() {
        return node.admin()
                .post("/v1/management-keys", "{\"name\":\"exports\",\"role\":\"auditor\"}")
                .text("key");
    }

    private static boolean areAllPlacesFree(Node ofNode) {
        Gauge taken = ofNode.bean(MeterRegistry.class)
                .find("keylapse.exports.open")
                .tag("list", "blacklist")
                .gauge();
        return taken == null || taken.value() == 0;
    }

    private static double exports(String metric, String... tags) {
        return node.bean(MeterRegistry.class)
                .get("keylapse.exports." + metric)
                .tags(tags)
                .meter()
                .measure()
                .iterator()
                .next()
                .getValue();
    }

    private static long heapUsed() {
        System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    @Test
    void third_export_of_a_management_key_is_refused_until_one_has_ended() throws IOException {
        String key = managementKey();
        Download first = hold(key);
        hold(key);

        Download third = hold(key);

        assertThat(third.status()).isEqualTo(429);
        assertThat(third.header("retry-after")).matches("[1-9][0-9]*");
        assertThat(third.body()).contains("TOO_MANY_EXPORTS");
        assertThat(node.as(key).get("/v1/blacklist?limit=1").status()).isEqualTo(200);
        assertThat(hold(managementKey()).status()).isEqualTo(200);
        first.rest();
        await().atMost(10, SECONDS).until(() -> hold(key).status() == 200);
    }

    @Test
    void exports_are_counted_by_their_list() throws IOException {
        String key = managementKey();
        hold(key);
        double before = exports("refused", "list", "blacklist", "limit", "credential");
        assertThat(exports("open", "list", "blacklist")).isEqualTo(1);
        assertThat(exports("open", "list", "keys")).isZero();
        hold(key);

        assertThat(node.as(key)
                        .send("GET", "/v1/keys", null, "Accept", "text/csv")
                        .status())
                .isEqualTo(429);

        assertThat(exports("open", "list", "blacklist")).isEqualTo(2);
        assertThat(exports("refused", "list", "keys", "limit", "credential")).isPositive();
        assertThat(exports("refused", "list", "blacklist", "limit", "credential"))
                .isEqualTo(before);
    }

    @Test
    void ninth_export_of_a_node_is_refused_for_every_caller() throws IOException {
        for (int i = 0; i < 4; i++) {
            String key = managementKey();
            assertThat(hold(key).status()).isEqualTo(200);
            assertThat(hold(key).status()).isEqualTo(200);
        }

        Download ninth = hold(managementKey());

        assertThat(ninth.status()).isEqualTo(503);
        assertThat(ninth.header("retry-after")).matches("[1-9][0-9]*");
        assertThat(ninth.body()).contains("TOO_MANY_EXPORTS");
    }

    @Test
    void held_exports_of_large_rows_hold_little_memory() throws IOException {
        try (var once = new Download(node.port(), Node.ADMIN_KEY, LARGE)) {
            assertThat(once.rest()).isEqualTo(MANY);
        }
        long before = heapUsed();
        for (int i = 0; i < 8; i++) {
            hold(managementKey());
        }

        assertThat(heapUsed() - before)
                .as("bytes of heap that eight held exports hold")
                .isLessThan(30_000_000);
        assertThat(open.getFirst().rest()).isPositive();
    }

    @Test
    void pages_of_the_largest_rows_have_some_two_megabytes_at_the_most() throws IOException {
        var pages = new ArrayList<Integer>();
        try (var download = new Download(node.port(), Node.ADMIN_KEY, LARGE)) {
            for (int size = download.chunk(new long[1]); size > 0; size = download.chunk(new long[1])) {
                pages.add(size);
            }
        }
        assertThat(pages)
                .hasSizeGreaterThan(10)
                .allSatisfy(size -> assertThat(size).isLessThan(2_500_000));
    }

    @Test
    void export_whose_client_reads_nothing_is_broken_off() throws Exception {
        try (var impatient =
                Node.start(stores, Map.of("keylapse.export-timeout", "PT2S", "keylapse.notices.enabled", false))) {
            try (var download = new Download(impatient.port(), Node.ADMIN_KEY, LARGE)) {
                download.chunk(new long[1]);
                await().atMost(20, SECONDS).until(() -> areAllPlacesFree(impatient));

                // The export must not look complete.
                assertThatThrownBy(download::rest)
                        .isInstanceOf(IOException.class)
                        .isNotInstanceOf(SocketTimeoutException.class);
            }
            Answer whole =
                    impatient.admin().send("GET", "/v1/blacklist" + LARGE, null, "Accept", "application/x-ndjson");
            assertThat(whole.body().lines()).hasSize(MANY);
        }
    }

    @Test
    void pages_that_end_early_because_of_large_rows_lose_none() {
        for (String order : List.of("ended", "recorded")) {
            Answer whole = node.admin()
                    .send(
                            "GET",
                            "/v1/blacklist" + query("owner", "large", "order", order),
                            null,
                            "Accept",
                            "application/x-ndjson");
            List<String> ids = whole.body()
                    .lines()
                    .map(line -> line.substring(0, line.indexOf("\",\"owner")))
                    .toList();
            assertThat(ids).hasSize(MANY).doesNotHaveDuplicates();
        }
    }
}
