package io.keylapse.app;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.CloseAfterTests;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The program in a locale with a dotless i and digits that are not ASCII. */
@NullUnmarked
class LocaleIT {
    private static final Locale USUAL = Locale.getDefault();

    private static Stores stores;
    private static Node node;

    @BeforeAll
    static void start() {
        CloseAfterTests.register(() -> Locale.setDefault(USUAL));
        Locale.setDefault(Locale.forLanguageTag("tr-TR-u-nu-arab"));
        assertThat("%d".formatted(5)).isEqualTo("\u0665");
        stores = Stores.own();
        node = Node.start(stores, Map.of()).awaitRedisFollowed();
    }

    @Test
    void bundled_stores_start() {
        assertThat(node.anonymous().get("/health/readiness").text("status")).isEqualTo("UP");
    }

    @Test
    void every_message_is_the_same_as_elsewhere() {
        assertMessage(issue("{\"owner\":\"a\\u0019b\",\"ttl\":\"PT1H\"}"), "has U+0019 at index 1");
        assertMessage(issue("{\"owner\":\"a\\ud800b\",\"ttl\":\"PT1H\"}"), "has U+D800 at index 1");
        assertMessage(issue("{\"owner\":\"a\",\n  ,}"), "error in line 2, column 3");
        assertMessage(issue("{\"owner\":\"a\",\"ttl\":\"PT0.5S\"}"), "ttl");
        assertMessage(issue("{\"owner\":\"a\",\"ttl\":\"P1000D\"}"), "366");
        assertMessage(issue("{\"owner\":\"" + "x".repeat(201) + "\",\"ttl\":\"PT1H\"}"), "but has 201");
        assertMessage(node.admin().get("/v1/keys?limit=501"), "from 1 to 500");
        assertMessage(node.admin().get("/v1/nope"), "urn:keylapse:problem:not-found");
    }

    @Test
    void words_and_digits_of_the_interface_are_the_same_as_elsewhere() {
        assertThat(node.admin().get("/v1/me").body()).contains("\"manage_webhooks\"", "\"read_history\"");
        Answer made = node.admin().post("/v1/management-keys", "{\"name\":\"n\",\"role\":\"issuer\",\"ttl\":\"P1D\"}");
        assertThat(made.text("role")).isEqualTo("issuer");
        Answer key = node.admin().issue("locale", Duration.ofSeconds(1));
        await().atMost(20, SECONDS)
                .until(() -> !node.admin()
                        .get("/v1/blacklist?owner=locale&reason=expired")
                        .json()
                        .get("items")
                        .isEmpty());
        Answer refused = node.anonymous().check(key.text("key"));
        assertThat(refused.text("detail")).contains("expired on " + key.text("expiresAt"));
        for (String path : new String[] {
            "/v1/blacklist?owner=locale",
            "/v1/blacklist/stats",
            "/v1/keys/stats",
            "/v1/keys",
            "/v1/management-keys",
            "/v1/overview",
            "/v1/notices",
            "/health",
            "/prometheus"
        }) {
            assertAscii(node.admin().get(path));
        }
        assertAscii(made);
        assertAscii(key);
        assertAscii(refused);
    }

    private static Answer issue(String json) {
        return node.admin().post("/v1/keys", json);
    }

    private static void assertMessage(Answer answer, String words) {
        assertThat(answer.body()).contains(words);
        assertAscii(answer);
    }

    private static void assertAscii(Answer answer) {
        assertThat(answer.body()).isNotEmpty().isASCII();
        assertThat(answer.headers().map().toString()).isASCII();
    }
}
