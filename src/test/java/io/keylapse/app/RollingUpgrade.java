package io.keylapse.app;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.keylapse.app.Program.Ended;
import io.keylapse.harness.Client;
import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Nodes of an earlier version and of this one, each from its own jar, on the same stores. It builds the earlier versions, so
 * it runs by itself: {@code mvn -Pupgrade verify}.
 */
class RollingUpgrade {
    private static final int KEYS = 60;
    /** What {@code docs/guarantees.md} promises as P4, and a second for what a test takes to ask. */
    private static final Duration KNOWN_EVERYWHERE = Duration.ofSeconds(3);

    @TempDir
    Path folder;

    private Stores stores;
    private Map<String, String> environment;
    private final List<Program> programs = new ArrayList<>();

    @BeforeEach
    void startStores() {
        stores = Stores.own();
        environment = Program.environment(stores);
    }

    private Program start(Path jar) {
        Program program = Program.start(jar, folder, environment, "serve");
        programs.add(program);
        return program;
    }

    /** A node that is ready, seen as an admin sees it. */
    private Client ready(Program program) {
        // The description of this version need not fit the responses of an earlier one.
        Client admin = Client.of(program.awaitPort(), Node.ADMIN_KEY).unchecked();
        await().atMost(30, SECONDS)
                .until(() -> "UP".equals(admin.get("/health/readiness").text("status")));
        return admin;
    }

    private static void end(Program program) throws Exception {
        program.signal("TERM");
        assertThat(program.awaitEnd().exitCode()).isEqualTo(143);
    }

    @Test
    void what_is_done_to_a_key_on_a_node_of_either_version_is_known_to_the_other() {
        Client earlier = ready(start(EarlierVersion.serverJar("compatible")));
        Client present = ready(start(Program.serverJar()));
        changesAreKnown(earlier, present);
        changesAreKnown(present, earlier);
    }

    /** The second knows of every change of the first, also of keys that it has in its memory. */
    private static void changesAreKnown(Client first, Client second) {
        Answer revoked = first.issue("acme", Duration.ofHours(1));
        Answer rotated = first.issue("acme", Duration.ofHours(1));
        Answer renewed = first.issue("acme", Duration.ofHours(1));
        for (Answer key : List.of(revoked, rotated, renewed)) {
            assertThat(key.text("enforcement")).isEqualTo("applied");
            assertThat(check(second, key)).isEqualTo("200 null");
        }

        assertChanged(first.post("/v1/keys/" + revoked.text("id") + "/revoke", "{\"reason\":\"leaked\"}"), 200);
        Answer successor = first.post("/v1/keys/" + rotated.text("id") + "/rotate", "{\"grace\":\"PT0S\"}");
        assertChanged(successor, 201);
        Answer longer = first.post("/v1/keys/" + renewed.text("id") + "/renew", "{\"ttl\":\"PT5H\"}");
        assertChanged(longer, 200);

        await().atMost(KNOWN_EVERYWHERE).untilAsserted(() -> {
            assertThat(check(second, revoked)).isEqualTo("401 KEY_REVOKED");
            assertThat(check(second, rotated)).isEqualTo("401 KEY_ROTATED");
            assertThat(second.check(renewed.text("key")).header("X-Key-Expires-At"))
                    .isEqualTo(longer.text("expiresAt"));
        });
        assertThat(check(second, successor)).isEqualTo("200 null");
        for (Answer key : List.of(revoked, rotated, renewed, successor)) {
            String path = "/v1/keys/" + key.text("id");
            assertThat(described(second, path)).isEqualTo(described(first, path));
        }
    }

    /** A key as both versions describe it. */
    private static ObjectNode described(Client node, String path) {
        return ((ObjectNode) node.get(path).json()).without(List.of("lifetime", "lastUsedAt", "usageKnownSince"));
    }

    private static void assertChanged(Answer answer, int status) {
        assertThat(answer.status()).as(answer.body()).isEqualTo(status);
        assertThat(answer.text("enforcement")).isEqualTo("applied");
    }

    private static String check(Client node, Answer key) {
        Answer answer = node.check(key.text("key"));
        return answer.status() + " " + answer.header("X-Key-Code");
    }

    @Test
    void while_both_versions_run_each_expiry_is_recorded_once_and_within_the_bound() {
        Client earlier = ready(start(EarlierVersion.serverJar("compatible")));
        Client present = ready(start(Program.serverJar()));
        for (int i = 0; i < KEYS; i++) {
            (i % 2 == 0 ? earlier : present).issue("short", Duration.ofSeconds(4));
        }
        await().atMost(15, SECONDS).until(() -> recorded(present, "short") == KEYS);
        assertThat(recorded(earlier, "short")).isEqualTo(KEYS);
        assertThat(recordedBy(earlier) + recordedBy(present)).isEqualTo(KEYS);
        assertRecordedOnce(present, "short");
    }

    private static void assertRecordedOnce(Client node, String owner) {
        var keys = new HashSet<String>();
        node.get("/v1/blacklist?limit=500&owner=" + owner).json().get("items").forEach(entry -> {
            assertThat(keys.add(entry.get("keyId").asText())).isTrue();
            assertThat(entry.get("reason").asText()).isEqualTo("expired");
            assertThat(Duration.between(
                            Instant.parse(entry.get("endedAt").asText()),
                            Instant.parse(entry.get("recordedAt").asText())))
                    .isLessThan(Duration.ofSeconds(4));
        });
    }

    private static int recorded(Client node, String owner) {
        return node.get("/v1/blacklist?limit=500&owner=" + owner)
                .json()
                .get("items")
                .size();
    }

    private static double recordedBy(Client node) {
        return node.get("/prometheus")
                .body()
                .lines()
                .filter(line -> line.startsWith("keylapse_expiries_recorded_total"))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    @Test
    void replacing_one_node_after_the_other_and_going_back_changes_no_answer() throws Exception {
        Path earlier = EarlierVersion.serverJar("compatible");
        var running = new ArrayList<>(List.of(start(earlier), start(earlier)));
        var clients = new ArrayList<>(running.stream().map(this::ready).toList());
        Answer good = clients.getFirst().issue("acme", Duration.ofHours(1));
        Answer revoked = clients.getLast().issue("acme", Duration.ofHours(1));
        clients.getFirst().post("/v1/keys/" + revoked.text("id") + "/revoke", "{}");

        for (Path jar : List.of(Program.serverJar(), Program.serverJar(), earlier)) {
            Program next = start(jar);
            clients.add(ready(next));
            running.add(next);
            end(running.removeFirst());
            clients.removeFirst();
            for (Client node : clients) {
                assertThat(check(node, good)).isEqualTo("200 null");
                assertThat(check(node, revoked)).isEqualTo("401 KEY_REVOKED");
                assertThat(check(clients.getFirst(), node.issue("acme", Duration.ofHours(1))))
                        .isEqualTo("200 null");
            }
        }
    }

    @Test
    void an_incompatible_version_is_detected_and_nothing_is_lost_once_it_has_stopped() throws Exception {
        Program old = start(EarlierVersion.serverJar("incompatible"));
        Client before = ready(old);
        Answer good = before.issue("acme", Duration.ofHours(1));
        Answer revoked = before.issue("acme", Duration.ofHours(1));
        assertThat(before.post("/v1/keys/" + revoked.text("id") + "/revoke", "{}")
                        .status())
                .isEqualTo(200);

        assertRefusedBesideOld(start(Program.serverJar()).awaitEnd());
        assertThat(check(before, good)).isEqualTo("200 null");
        assertThat(check(before, before.issue("acme", Duration.ofHours(1)))).isEqualTo("200 null");

        // These expire while no node runs.
        for (int i = 0; i < KEYS; i++) {
            before.issue("short", Duration.ofSeconds(2));
        }
        end(old);
        Client after = ready(start(Program.serverJar()));
        assertThat(check(after, good)).isEqualTo("200 null");
        assertThat(check(after, revoked)).isEqualTo("401 KEY_REVOKED");
        assertThat(after.get("/v1/keys?owner=acme").json().get("items")).hasSize(3);
        await().atMost(10, SECONDS).until(() -> recorded(after, "short") == KEYS);

        // It starts, with a warning of its own; this version refuses to join it.
        Client again = ready(start(EarlierVersion.serverJar("incompatible")));
        assertThat(check(again, good)).isEqualTo("200 null");
        assertRefusedBesideOld(start(Program.serverJar()).awaitEnd());
    }

    private static void assertRefusedBesideOld(Ended refused) {
        assertThat(refused.exitCode()).as(refused.err()).isEqualTo(1);
        assertThat(refused.err())
                .contains("1 node of an earlier version runs", "must not run beside this version", "stop all nodes");
    }
}
