package io.keylapse.app;

import static io.keylapse.harness.Client.quote;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keylapse.harness.Client;
import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import io.keylapse.notice.WebhookReceiver;
import io.keylapse.notice.WebhookReceiver.Call;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A month in a few minutes: keys of all lifetimes, an outage of every kind, and a receiver that verifies signatures
 * with the reference library. The receiver must get exactly the expected notices, which are listed here by hand. {@code
 * scripts/month} runs this test and prints the notices.
 */
@NullUnmarked
class MonthIT {
    /** A notice, and when it is due after the key's issue. */
    private record DueNotice(Duration at, String what) implements Comparable<DueNotice> {
        @Override
        public int compareTo(DueNotice other) {
            return at.compareTo(other.at);
        }
    }

    private static final Duration MARGIN = Duration.ofSeconds(10);
    private static final boolean SHOWN = Boolean.getBoolean("keylapse.month.show");

    @TempDir
    Path folder;

    private final Map<String, List<DueNotice>> expected = new HashMap<>();
    private final Map<String, Answer> keys = new HashMap<>();
    private final TreeMap<Duration, Runnable> deeds = new TreeMap<>();
    private final List<Program> nodes = new ArrayList<>();
    private final Map<String, Integer> accepted = new ConcurrentHashMap<>();
    private final Map<String, String> environment = new HashMap<>();
    private String secret;
    private Client admin;
    private Stores stores;
    private MovedTime time;
    private boolean nobodyRuns;
    private boolean someAreRefused;
    private int checked;
    private volatile boolean receiverIsDown;

    @Test
    void in_a_month_with_every_outage_exactly_the_expected_notices_are_sent() throws Exception {
        try (var receiver = new WebhookReceiver();
                Stores own = Stores.own()) {
            stores = own;
            receiver.answer(this::answer);
            environment.putAll(Program.environment(own));
            environment.put("KEYLAPSE_ENCRYPTION_KEY", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=");
            environment.put("KEYLAPSE_WEBHOOKS_ALLOW_HTTP", "true");
            environment.put("KEYLAPSE_WEBHOOKS_ALLOWED_NETWORKS", "127.0.0.0/8");
            environment.put("KEYLAPSE_WEBHOOKS_PORTS", Integer.toString(receiver.port()));
            startNodes();
            secret = admin.post("/v1/webhooks", "{\"url\":%s}".formatted(quote(receiver.url("/hook"))))
                    .text("secret");
            time = new MovedTime(own);
            try {
                issueKeys();
                planOutages(receiver);
                live(receiver);
            } finally {
                killNodes();
            }
        }
    }

    private void issueKeys() {
        key("an hour", "PT1H", "45m expiring PT15M", "1h expired");
        key("six hours", "PT6H", "5h expiring PT1H", "6h expired");
        key("a day", "P1D", "18h expiring PT6H", "24h expired");
        key("two days", "P2D", "24h expiring P1D", "48h expired");
        key("a week", "P7D", "6d expiring P1D", "7d expired");
        key("a fortnight", "P14D", "7d expiring P7D", "13d expiring P1D", "14d expired");
        key("three weeks", "P21D", "14d expiring P7D", "20d expiring P1D", "21d expired");
        key("thirty days", "P30D", "23d expiring P7D", "29d expiring P1D", "30d expired");
        key("forty-five days", "P45D");
        key("sixty days", "P60D", "30d expiring P30D");
        key("ninety days", "P90D");
        chosen("chosen times", "P10D", "[\"P3D\",\"PT1H\"]", "7d expiring P3D", "239h expiring PT1H", "10d expired");
        chosen("not warned", "P5D", "[]", "5d expired");
        key("renewed", "P10D", "8d renewed", "17d expiring P1D", "18d expired");
        deed("8d", () -> change("renewed", "renew", "{\"ttl\":\"P10D\"}"));
        key("rotated", "P10D", "4d rotated", "13d expiring P1D", "14d expired");
        deed("4d", () -> change("rotated", "rotate", "{\"grace\":\"PT1H\"}"));
        key("revoked", "P20D", "6d revoked");
        deed("6d", () -> change("revoked", "revoke", "{\"reason\":\"leaked\"}"));
        key("renewed too late", "P3D", "2d expiring P1D", "3d expired", "4d renewed", "8d expiring P1D", "9d expired");
        deed("96h", () -> change("renewed too late", "renew", "{\"ttl\":\"P5D\"}"));
        key("expires while nobody runs", "P16D", "9d expiring P7D", "15d expiring P1D", "16d expired");
    }

    private void planOutages(WebhookReceiver receiver) {
        // The receiver is down for two days, and deliveries fail.
        deed("212h", () -> {
            receiverIsDown = true;
            someAreRefused = true;
        });
        deed("252h", () -> receiverIsDown = false);
        deed("12d", () -> someAreRefused = false);
        // Both nodes are killed while the receiver has a notice but has not responded.
        deed("335h", () -> {
            var held = new CountDownLatch(1);
            receiver.answer(exchange -> awaitQuietly(held));
            int before = receiver.calls("/hook").size();
            time.moveTo(hours("336h").plus(MARGIN));
            await().atMost(30, SECONDS).until(() -> receiver.calls("/hook").size() > before);
            killNodes();
            held.countDown();
            receiver.answer(this::answer);
            startNodes();
            time.move(Duration.ofMinutes(2));
        });
        // No node runs for two days.
        deed("372h", () -> {
            killNodes();
            nobodyRuns = true;
        });
        deed("420h", () -> {
            startNodes();
            nobodyRuns = false;
        });
        // Redis is down for two days.
        deed("486h", stores::interruptRedis);
        deed("534h", stores::resumeRedis);
        // Postgres is down while a key reaches its deadline.
        deed("25d", () -> {
            key("expires while Postgres is gone", "PT4S", "600h expired");
            long deadline = System.nanoTime() + Duration.ofSeconds(5).toNanos();
            stores.interruptPostgres();
            await().atMost(20, SECONDS).until(() -> System.nanoTime() > deadline);
            stores.resumePostgres();
        });
    }

    private void live(WebhookReceiver receiver) {
        var moments = new TreeSet<>(deeds.keySet());
        expected.values().forEach(all -> all.forEach(notice -> moments.add(notice.at)));
        for (Duration moment : moments) {
            time.moveTo(moment.plus(MARGIN));
            Runnable deed = deeds.get(moment);
            if (deed != null) {
                deed.run();
            }
            if (!nobodyRuns) {
                show(moment);
                // An action may have moved the time on.
                Duration now = time.sinceBeginning();
                await().atMost(60, SECONDS)
                        .untilAsserted(() -> assertThat(notices(receiver)).isEqualTo(expectedUntil(now)));
            }
            checkSignatures(receiver);
        }
        assertThat(accepted.values()).as("how often each notice was accepted").containsOnly(1);
        assertThat(late(receiver))
                .as("sent late, and saying so")
                .containsExactlyInAnyOrder(
                        // While the receiver was down.
                        "renewed too late: expired",
                        "chosen times: expiring PT1H",
                        "chosen times: expired",
                        "expires while nobody runs: expiring P7D",
                        // While no node ran.
                        "expires while nobody runs: expired",
                        "renewed: expiring P1D");
    }

    /** Verifies signatures soon after they arrive, because old signatures are refused. */
    private void checkSignatures(WebhookReceiver receiver) {
        List<Call> calls = receiver.calls("/hook");
        assertThat(calls.subList(checked, calls.size())).allMatch(call -> call.isSignedWith(secret));
        checked = calls.size();
    }

    /** The expected notices by owner, ordered by due time, each once. */
    private Map<String, List<String>> expectedUntil(Duration moment) {
        var until = new TreeMap<String, List<String>>();
        expected.forEach((owner, all) -> {
            List<String> due = all.stream()
                    .filter(notice -> notice.at.compareTo(moment) <= 0)
                    .sorted()
                    .map(DueNotice::what)
                    .toList();
            if (!due.isEmpty()) {
                until.put(owner, due);
            }
        });
        return until;
    }

    /**
     * The received notices, and while the receiver refuses some the attempted ones: by owner, each once, in the order
     * of creation.
     */
    private Map<String, List<String>> notices(WebhookReceiver receiver) {
        var byId = new TreeMap<String, Call>();
        receiver.calls("/hook").stream()
                .filter(call -> someAreRefused || accepted.containsKey(call.id()))
                .forEach(call -> byId.put(call.id(), call));
        var notices = new TreeMap<String, List<String>>();
        byId.values()
                .forEach(
                        call -> notices.computeIfAbsent(call.data().get("owner").asText(), _ -> new ArrayList<>())
                                .add(what(call)));
        return notices;
    }

    private List<String> late(WebhookReceiver receiver) {
        return receiver.calls("/hook").stream()
                .filter(call -> call.data().path("late").asBoolean())
                .map(call -> call.data().get("owner").asText() + ": " + what(call))
                .distinct()
                .toList();
    }

    private static String what(Call call) {
        String lead = call.data().path("leadTime").asText();
        return call.type().replace("api_key.", "") + (lead.isEmpty() ? "" : " " + lead);
    }

    private void answer(com.sun.net.httpserver.HttpExchange exchange) throws java.io.IOException {
        String id = exchange.getRequestHeaders().getFirst("webhook-id");
        if (!receiverIsDown) {
            accepted.merge(id, 1, Integer::sum);
        }
        WebhookReceiver.respond(exchange, receiverIsDown ? 503 : 204, "");
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            var _ = latch.await(60, SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void key(String owner, String ttl, String... notices) {
        issue(owner, "{\"owner\":%s,\"ttl\":\"%s\"}".formatted(quote(owner), ttl), notices);
    }

    private void chosen(String owner, String ttl, String leadTimes, String... notices) {
        issue(owner, "{\"owner\":%s,\"ttl\":\"%s\",\"leadTimes\":%s}".formatted(quote(owner), ttl, leadTimes), notices);
    }

    private void issue(String owner, String body, String... notices) {
        keys.put(owner, admin.issue(body));
        expected.put(
                owner,
                List.of(notices).stream()
                        .map(each -> each.split(" ", 2))
                        .map(parts -> new DueNotice(hours(parts[0]), parts[1]))
                        .toList());
    }

    private void change(String owner, String verb, String body) {
        Answer answer = admin.post("/v1/keys/" + keys.get(owner).text("id") + "/" + verb, body);
        assertThat(answer.status()).as(answer.body()).isIn(200, 201);
    }

    private void deed(String at, Runnable what) {
        deeds.merge(hours(at), what, (first, then) -> () -> {
            first.run();
            then.run();
        });
    }

    private static Duration hours(String text) {
        long number = Long.parseLong(text.substring(0, text.length() - 1));
        return switch (text.charAt(text.length() - 1)) {
            case 'd' -> Duration.ofDays(number);
            case 'h' -> Duration.ofHours(number);
            default -> Duration.ofMinutes(number);
        };
    }

    private void startNodes() {
        nodes.add(Program.start(folder, environment));
        nodes.add(Program.start(folder, environment));
        admin = Client.of(nodes.getFirst().awaitPort(), Node.ADMIN_KEY);
        int port = nodes.getLast().awaitPort();
        assertThat(port).isPositive();
    }

    private void killNodes() {
        nodes.forEach(Program::close);
        nodes.clear();
    }

    private void show(Duration moment) {
        if (SHOWN) {
            System.out.printf("day %4.1f: %d notices%n", moment.toHours() / 24.0, accepted.size());
        }
    }
}
