package io.keylapse.http.management;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import io.keylapse.http.gateway.RawConnection;
import io.keylapse.key.KeyFormat;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class GuessLimitIT extends OneNode {
    private static final KeyFormat FORM = new KeyFormat("klmgmt", List.of());

    @Test
    void further_bad_credentials_are_limited_and_good_ones_never() {
        try (Node strict = limitedTo(3, Map.of())) {
            for (int i = 0; i < 3; i++) {
                assertProblem(guess(strict), 401, "CREDENTIAL_INVALID");
            }
            Answer limited = guess(strict);
            assertProblem(limited, 429, "TOO_MANY_BAD_CREDENTIALS");
            assertThat(Integer.parseInt(limited.header("Retry-After"))).isBetween(1, 61);
            assertThat(strict.admin().get("/v1/keys").status()).isEqualTo(200);
            assertThat(strict.as(managementKey("auditor")).get("/v1/keys").status())
                    .isEqualTo(200);
            assertProblem(guess(strict), 429, "TOO_MANY_BAD_CREDENTIALS");
            assertProblem(strict.anonymous().get("/v1/keys"), 401, "CREDENTIAL_MISSING");
        }
    }

    @Test
    void another_spelling_of_a_path_gives_no_more_guesses() throws Exception {
        try (Node strict = limitedTo(1, Map.of());
                var connection = new RawConnection(strict)) {
            assertProblem(guess(strict), 401, "CREDENTIAL_INVALID");
            for (String target : List.of(
                    "POST /introspect/",
                    "POST /revoke/?x",
                    "POST http://x/introspect",
                    "GET /v1/keys/",
                    "GET http://x/v1/me/",
                    "POST /v1/keys%3Abatch",
                    "GET /v1/nothing",
                    "GET //v1/me")) {
                String[] parts = target.split(" ", 2);
                Answer answer = connection
                        .request(parts[0], parts[1], "Authorization: Bearer klmgmt_guessed")
                        .answer();
                assertThat(answer.status()).as(target).isEqualTo(429);
            }
        }
    }

    @Test
    void behind_a_proxy_that_adds_the_port_each_client_has_guesses_of_its_own() {
        try (Node strict = limitedTo(1, Map.of("keylapse.trusted-proxies", List.of("127.0.0.0/8", "::1/128")))) {
            assertThat(guess(strict, "X-Forwarded-For", "203.0.113.7:40000").status())
                    .isEqualTo(401);
            assertThat(guess(strict, "X-Forwarded-For", "203.0.113.7:40001").status())
                    .isEqualTo(429);
            assertThat(guess(strict, "X-Forwarded-For", "203.0.113.8:40000").status())
                    .isEqualTo(401);
            assertThat(guess(strict, "X-Forwarded-For", "[2001:db8:7::1]:40000").status())
                    .isEqualTo(401);
            assertThat(guess(strict, "X-Forwarded-For", "2001:db8:7::1").status())
                    .isEqualTo(429);
        }
    }

    @Test
    void after_the_window_bad_ones_are_answered_again() {
        try (Node strict = limitedTo(1, Map.of("keylapse.bad-credentials-window", "PT1S"))) {
            await().atMost(10, SECONDS).until(() -> guess(strict).status() == 429);
            await().atMost(10, SECONDS).until(() -> guess(strict).status() == 401);
        }
    }

    @Test
    void a_forged_address_gives_no_more_guesses() {
        try (Node strict = limitedTo(2, Map.of())) {
            guess(strict, "X-Forwarded-For", "10.0.0.1", "Forwarded", "for=10.0.0.1");
            guess(strict, "X-Forwarded-For", "10.0.0.2", "X-Real-IP", "10.0.0.2");
            assertProblem(guess(strict, "X-Forwarded-For", "10.0.0.3"), 429, "TOO_MANY_BAD_CREDENTIALS");
        }
    }

    @Test
    void behind_trusted_proxies_the_last_address_that_is_none_of_them_counts() {
        var trusted = List.of("127.0.0.0/8", "::1/128", "192.168.0.0/16");
        try (Node strict = limitedTo(1, Map.of("keylapse.trusted-proxies", trusted))) {
            assertThat(guess(strict, "X-Forwarded-For", "203.0.113.5").status()).isEqualTo(401);
            assertThat(guess(strict, "X-Forwarded-For", "203.0.113.5").status()).isEqualTo(429);
            assertThat(guess(strict, "X-Forwarded-For", "203.0.113.6").status()).isEqualTo(401);
            assertThat(guess(strict, "X-Forwarded-For", "9.9.9.9, 203.0.113.6, 192.168.1.1")
                            .status())
                    .isEqualTo(429);
            assertThat(guess(strict, "X-Forwarded-For", "9.9.9.8", "X-Forwarded-For", "203.0.113.6")
                            .status())
                    .isEqualTo(429);
            assertThat(guess(strict, "X-Forwarded-For", "2001:db8::1").status()).isEqualTo(401);
            assertThat(guess(strict, "X-Forwarded-For", "2001:db8::2").status()).isEqualTo(429);
            assertThat(guess(strict, "X-Forwarded-For", "2001:db8:0:1::2").status())
                    .isEqualTo(401);
            assertThat(guess(strict, "X-Forwarded-For", "unknown, <script>").status())
                    .isEqualTo(401);
            assertThat(guess(strict).status()).isEqualTo(429);
            assertThat(strict.admin()
                            .get("/v1/keys", "X-Forwarded-For", "203.0.113.5")
                            .status())
                    .isEqualTo(200);
        }
    }

    @Test
    void bad_credentials_beyond_the_limit_cost_no_query_even_if_well_formed() throws Exception {
        String good = managementKey("auditor");
        try (Node strict = limitedTo(2, Map.of())) {
            assertProblem(wellFormedGuess(strict), 401, "CREDENTIAL_INVALID");
            assertProblem(wellFormedGuess(strict), 401, "CREDENTIAL_INVALID");
            try (var _ = Stores.shared().lock("management_key")) {
                for (int i = 0; i < 5; i++) {
                    assertProblem(wellFormedGuess(strict), 429, "TOO_MANY_BAD_CREDENTIALS");
                }
            }
            assertThat(strict.as(good).get("/v1/me").status()).isEqualTo(200);
        }
    }

    @Test
    void a_flood_of_bad_credentials_from_one_address_keeps_no_good_one_out() throws Exception {
        try (Node strict = limitedTo(2, Map.of());
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var over = new AtomicBoolean();
            var limited = new AtomicInteger();
            for (int i = 0; i < 8; i++) {
                var _ = threads.submit(() -> {
                    while (!over.get()) {
                        limited.addAndGet(wellFormedGuess(strict).status() == 429 ? 1 : 0);
                    }
                });
            }
            try {
                await().atMost(20, SECONDS).until(() -> limited.get() > 100);

                for (int i = 0; i < 10; i++) {
                    assertThat(strict.as(managementKey("auditor")).get("/v1/me").status())
                            .isEqualTo(200);
                }
            } finally {
                over.set(true);
            }
        }
    }

    @Test
    void however_many_bad_credentials_arrive_digests_are_read_at_most_20_times_a_second() {
        try (Node strict = limitedTo(1, Map.of())) {
            assertProblem(guess(strict), 401, "CREDENTIAL_INVALID");
            long begun = System.nanoTime();
            // Each waits for a result that was computed after its request.
            for (int i = 0; i < 20; i++) {
                assertProblem(wellFormedGuess(strict), 429, "TOO_MANY_BAD_CREDENTIALS");
            }
            assertThat(Duration.ofNanos(System.nanoTime() - begun)).isGreaterThanOrEqualTo(Duration.ofSeconds(1));
        }
    }

    @Test
    void a_deleted_credential_is_refused_at_once_from_a_limited_address_too() {
        try (Node strict = limitedTo(1, Map.of())) {
            Answer created = admin.post("/v1/management-keys", "{\"name\":\"test\",\"role\":\"auditor\"}");
            guess(strict);
            assertProblem(guess(strict), 429, "TOO_MANY_BAD_CREDENTIALS");
            assertThat(strict.as(created.text("key")).get("/v1/me").status()).isEqualTo(200);

            assertThat(admin.delete("/v1/management-keys/" + created.text("id")).status())
                    .isEqualTo(204);

            assertProblem(strict.as(created.text("key")).get("/v1/me"), 429, "TOO_MANY_BAD_CREDENTIALS");
        }
    }

    private static Answer wellFormedGuess(Node node) {
        return node.as(FORM.generate().reveal()).get("/v1/keys");
    }

    private static Node limitedTo(int bad, Map<String, Object> more) {
        var settings = new java.util.HashMap<String, Object>(more);
        settings.put("keylapse.max-bad-credentials", bad);
        return Node.start(Stores.shared(), settings);
    }

    private static Answer guess(Node node, String... headers) {
        return node.as("klmgmt_guessed").get("/v1/keys", headers);
    }
}
