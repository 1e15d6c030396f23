package io.keylapse.http.management;

import static io.keylapse.harness.Client.quote;
import static org.assertj.core.api.Assertions.assertThat;

import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IssueIT extends OneNode {
    @Test
    void a_key_is_issued_as_asked_and_found_at_its_location() {
        String owner = owner();
        Answer issued = admin.issue("""
                {"owner":%s,"name":"ci","ttl":"P30D","scopes":["b","a","b"],
                 "metadata":{"team":"x","n":[1,null,true]},"contact":{"email":"ops@example.org"}}
                """.formatted(quote(owner)));

        var key = issued.json();
        assertThat(key.get("id").asText()).matches("key_[0-9A-Za-z]{22}");
        assertThat(key.get("key").asText()).matches("kl_[0-9A-Za-z]{36}");
        assertThat(key.get("hint").asText()).matches("kl_[0-9A-Za-z]{4}\\.\\.\\.[0-9A-Za-z]{4}");
        assertThat(key.get("owner").asText()).isEqualTo(owner);
        assertThat(key.get("name").asText()).isEqualTo("ci");
        assertThat(key.get("state").asText()).isEqualTo("active");
        assertThat(key.get("scopes")).hasToString("[\"b\",\"a\"]");
        assertThat(key.get("metadata")).hasToString("{\"team\":\"x\",\"n\":[1,null,true]}");
        assertThat(key.get("contact")).hasToString("{\"email\":\"ops@example.org\"}");
        assertThat(key.get("version").asInt()).isEqualTo(1);
        assertThat(key.get("enforcement").asText()).isEqualTo("applied");
        assertThat(key.has("endedAt") || key.has("predecessorId") || key.has("successorId"))
                .isFalse();
        assertThat(issued.text("expiresAt")).matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z");
        assertThat(Duration.between(Instant.parse(issued.text("issuedAt")), Instant.parse(issued.text("expiresAt"))))
                .isEqualTo(Duration.ofDays(30));
        assertThat(issued.header("Location")).isEqualTo("/v1/keys/" + issued.text("id"));
        assertThat(issued.header("Cache-Control")).isEqualTo("no-store");

        Answer found = admin.get(issued.header("Location"));
        assertThat(found.status()).isEqualTo(200);
        assertThat(found.json().has("key")).isFalse();
        assertThat(found.json().has("enforcement")).isFalse();
        assertThat(found.text("hint")).isEqualTo(issued.text("hint"));
    }

    @Test
    void the_secret_is_in_no_table() throws Exception {
        String secret = admin.issue(wish(owner())).text("key");
        assertThat(Stores.shared()
                        .ask(
                                "SELECT count(*) FROM api_key k WHERE k::text LIKE ?",
                                "%" + secret.substring(8, 30) + "%"))
                .isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"😀", "مرحبا", "e\u0301", "a/b%c d+e&f=g", "\"quoted\\\"", "<b>", "' OR 1=1 --", "{x}"})
    void an_owner_may_be_any_text_on_one_line(String odd) {
        String owner = odd + owner();
        Answer issued = admin.issue(wish(owner));

        assertThat(issued.text("owner")).isEqualTo(owner);
        assertThat(admin.get("/v1/keys/" + issued.text("id")).text("owner")).isEqualTo(owner);
        assertThat(keysOf(owner)).containsExactly(issued.text("id"));
    }

    @Test
    void length_is_counted_in_characters_not_in_halves_of_them() {
        String longest = "😀".repeat(200);
        assertThat(admin.issue("{\"owner\":%s,\"name\":%s,\"ttl\":\"PT1H\"}".formatted(quote(longest), quote(longest)))
                        .text("name"))
                .isEqualTo(longest);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1.50",
                "1E+307",
                "-9.99E-307",
                "0E-7",
                "-7",
                "123456789012345678901234567890.123456789",
                "true",
                "\"é\""
            })
    void metadata_comes_back_as_given(String value) {
        Answer issued =
                admin.issue("{\"owner\":%s,\"ttl\":\"PT1H\",\"metadata\":{\"v\":%s}}".formatted(quote(owner()), value));
        assertThat(issued.body()).contains("\"metadata\":{\"v\":" + value + "}");
        assertThat(admin.get(issued.header("Location")).body()).contains("\"metadata\":{\"v\":" + value + "}");
    }

    @Test
    void a_number_of_a_hundred_digits_comes_back_as_given() {
        String number = "9".repeat(100);
        assertThat(admin.issue("{\"owner\":\"o\",\"ttl\":\"PT1H\",\"metadata\":{\"v\":" + number + "}}")
                        .body())
                .contains("{\"v\":" + number + "}");
    }

    @Test
    void what_is_just_allowed_is_allowed() {
        String scopes = "\"" + "s".repeat(128) + "\"";
        for (int i = 0; i < 14; i++) {
            scopes += ",\"" + "s".repeat(126) + (char) ('a' + i) + "\"";
        }
        // 128 + 14 * (1 + 127) + 1 + 127 = 2048
        scopes += ",\"" + "t".repeat(127) + "\"";
        String deepest = "[".repeat(31) + "]".repeat(31);
        String metadata = "{\"m\":\"" + "x".repeat(4096 - 8 - 5 - deepest.length()) + "\",\"d\":" + deepest + "}";
        Answer issued = admin.issue("{\"owner\":%s,\"ttl\":\"PT1S\",\"scopes\":[%s],\"metadata\":%s}"
                .formatted(quote(owner()), scopes, metadata));
        assertThat(issued.json().get("scopes")).hasSize(16);
        assertThat(issued.json().get("metadata")).hasToString(metadata);
        assertThat(admin.issue("{\"owner\":\"o\",\"ttl\":\"P366D\"}").status()).isEqualTo(201);
    }

    @Test
    void a_deadline_may_have_any_offset_and_is_kept_in_whole_milliseconds() {
        var deadline = Instant.now().plus(5, ChronoUnit.HOURS).truncatedTo(ChronoUnit.SECONDS);
        String local =
                deadline.atOffset(ZoneOffset.ofHours(2)).toLocalDateTime().plusNanos(123_999_999) + "+02:00";
        assertThat(admin.issue("{\"owner\":\"o\",\"expiresAt\":\"" + local + "\"}")
                        .text("expiresAt"))
                .isEqualTo(deadline.plusMillis(123).toString());
    }

    @Test
    void null_and_an_empty_contact_mean_not_given() {
        var key = admin.issue("""
                {"owner":%s,"name":null,"ttl":"PT1H","expiresAt":null,"scopes":null,"contact":{}}
                """.formatted(quote(owner()))).json();
        assertThat(key.get("name").asText()).isEmpty();
        assertThat(key.get("scopes")).isEmpty();
        assertThat(key.has("contact")).isFalse();
    }

    @Test
    void a_body_of_64_kib_is_read_and_a_byte_more_is_not() {
        String owner = owner();
        String body = wish(owner);
        String most = body + " ".repeat(65_536 - body.length());
        assertThat(admin.post("/v1/keys", most).status()).isEqualTo(201);
        assertProblem(admin.post("/v1/keys", most + " "), 413, "BODY_TOO_LARGE");
        assertThat(keysOf(owner)).hasSize(1);
    }

    @Test
    void a_key_without_a_deadline_needs_configuration() {
        assertInvalid(admin.post("/v1/keys", "{\"owner\":\"o\"}"), "ttl");
        try (Node generous = Node.start(
                Stores.shared(), Map.of("keylapse.keys.allow-unlimited", true, "keylapse.keys.max-lifetime", "PT2H"))) {
            var key = generous.admin().issue("{\"owner\":\"o\"}");
            assertThat(key.json().has("expiresAt")).isFalse();
            assertThat(generous.anonymous().check(key.text("key")).header("X-Key-Expires-At"))
                    .isNull();
            assertThat(generous.admin()
                            .post("/v1/keys/" + key.text("id") + "/rotate", "{}")
                            .json()
                            .has("expiresAt"))
                    .isFalse();
            assertInvalid(generous.admin().post("/v1/keys", "{\"owner\":\"o\",\"ttl\":\"PT2H1S\"}"), "ttl");
        }
    }
}
