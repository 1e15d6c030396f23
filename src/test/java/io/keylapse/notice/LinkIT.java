package io.keylapse.notice;

import static io.keylapse.harness.Client.quote;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.icegreen.greenmail.util.GreenMail;
import com.icegreen.greenmail.util.ServerSetup;
import io.keylapse.harness.Client;
import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.CloseAfterTests;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import jakarta.mail.internet.MimeMessage;
import jakarta.mail.internet.MimeMultipart;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Links in mails: an owner renews a key without showing it. */
@NullUnmarked
class LinkIT {
    private static final String PAGE = "https://keys.example.com/base/my-key#";
    private static final Pattern LINK = Pattern.compile(Pattern.quote(PAGE) + "([A-Za-z0-9_-]+)");

    private static Stores stores;
    private static GreenMail server;
    private static Node node;
    private static Client admin;

    @BeforeAll
    static void start() {
        var smtp = new ServerSetup(0, "127.0.0.1", ServerSetup.PROTOCOL_SMTP);
        smtp.setServerStartupTimeout(30_000);
        server = new GreenMail(smtp);
        CloseAfterTests.register(server::stop);
        server.start();
        stores = Stores.own();
        node = Node.start(stores, settings());
        admin = node.admin();
    }

    private static Map<String, Object> settings() {
        var settings = new HashMap<String, Object>();
        settings.put(
                "keylapse.mail.smtp-uri", "smtp://127.0.0.1:" + server.getSmtp().getPort());
        settings.put("keylapse.mail.from", "keys@example.com");
        settings.put("keylapse.encryption-key", NoticeTests.ENCRYPTION_KEY);
        settings.put("keylapse.public-url", "https://keys.example.com/base/");
        settings.put("keylapse.self-renewal.policy", "within-grace");
        settings.put("keylapse.max-bad-credentials", 5);
        settings.put("keylapse.trusted-proxies", List.of("127.0.0.0/8", "::1/128"));
        return settings;
    }

    @Test
    void link_shows_the_key_and_renews_it_once() throws Exception {
        Answer key = expired(Duration.ofSeconds(1));
        String token = tokenOf(key);
        for (int i = 0; i < 3; i++) {
            Answer shown = show(token);
            assertThat(shown.status()).as(shown.body()).isEqualTo(200);
            assertThat(shown.text("id")).isEqualTo(key.text("id"));
            assertThat(shown.text("state")).isEqualTo("expired");
            assertThat(shown.json().get("rotatable").asBoolean()).isFalse();
            assertThat(shown.header("Cache-Control")).isEqualTo("no-store");
            assertThat(shown.body()).doesNotContain(key.text("key"));
        }

        assertInvalid(renew(token, "PT2S"), "ttl");
        assertInvalid(renew(token, "soon"), "ttl");
        stretch(key);
        Answer renewed = renew(token, "PT30M");

        assertThat(renewed.status()).as(renewed.body()).isEqualTo(200);
        assertThat(renewed.text("state")).isEqualTo("active");
        assertThat(node.anonymous().check(key.text("key")).status()).isEqualTo(200);
        assertGone(show(token));
        assertGone(renew(token, "PT1H"));
        await().atMost(20, SECONDS).until(() -> mailsAbout(key, "renewed").size() == 1);
    }

    @Test
    void mail_has_the_link_and_neither_the_key_nor_a_second_link() throws Exception {
        Answer key = expired(Duration.ofSeconds(1));
        String token = tokenOf(key);
        String text = textOf(mailsAbout(key, "expired").getFirst());

        assertThat(text).contains(PAGE + token).doesNotContain(key.text("key"));
        assertThat(token).hasSize(64);
    }

    @Test
    void mail_that_is_sent_again_has_the_same_link() throws Exception {
        Answer key = expired(Duration.ofSeconds(1));
        String token = tokenOf(key);
        // The mail arrives before its delivery is recorded.
        await().atMost(20, SECONDS)
                .until(() -> stores.ask("SELECT count(*) FROM delivery JOIN notice ON notice.id = notice_id"
                                + " WHERE delivery.state = 'delivered' AND owner = '" + key.text("owner") + "'")
                        == 1);
        stores.run(
                "UPDATE delivery SET state = 'pending', next_attempt_at = now(), ended_at = NULL FROM notice"
                        + " WHERE notice.id = notice_id AND owner = ?",
                key.text("owner"));

        await().atMost(20, SECONDS).until(() -> mailsAbout(key, "expired").size() == 2);

        for (MimeMessage mail : mailsAbout(key, "expired")) {
            assertThat(textOf(mail)).contains(PAGE + token);
        }
    }

    @Test
    void link_ends_with_another_renewal_a_revocation_a_new_contact_and_with_time() throws Exception {
        Answer renewed = expired(Duration.ofSeconds(1));
        Answer revoked = expired(Duration.ofSeconds(1));
        Answer moved = expired(Duration.ofSeconds(1));
        Answer old = expired(Duration.ofSeconds(1));
        Answer replaced = expired(Duration.ofSeconds(1));
        List<String> tokens = Stream.of(renewed, revoked, moved, old, replaced)
                .map(LinkIT::tokenOf)
                .toList();
        tokens.forEach(token -> assertThat(show(token).status()).isEqualTo(200));

        admin.post("/v1/keys/" + renewed.text("id") + "/renew", "{\"ttl\":\"PT1H\"}");
        admin.post("/v1/keys/" + revoked.text("id") + "/revoke", "{}");
        admin.patch("/v1/keys/" + moved.text("id"), "{\"contact\":{\"email\":\"another@example.com\"}}");
        stores.run(
                "UPDATE api_key SET expires_at = expires_at - interval '8 days', issued_at = issued_at - interval '9 days',"
                        + " ended_at = expires_at - interval '8 days' WHERE owner = ?",
                old.text("owner"));
        stores.run("UPDATE notice SET expires_at = expires_at - interval '8 days' WHERE owner = ?", old.text("owner"));
        admin.post("/v1/keys/" + replaced.text("id") + "/renew", "{\"ttl\":\"PT1H\"}");
        admin.post("/v1/keys/" + replaced.text("id") + "/rotate", "{}");

        tokens.forEach(token -> {
            assertGone(show(token));
            assertGone(renew(token, "PT1S"));
        });
    }

    @Test
    void renewals_at_the_same_time_use_the_link_once() throws Exception {
        Answer key = expired(Duration.ofSeconds(1));
        String token = tokenOf(key);
        stretch(key);
        try (var callers = Executors.newFixedThreadPool(4)) {
            var calls = Stream.generate(
                            () -> callers.submit(() -> renew(token, "PT1H").status()))
                    .limit(4)
                    .toList();
            var statuses = new ArrayList<Integer>();
            for (var call : calls) {
                statuses.add(call.get());
            }
            assertThat(statuses).containsExactlyInAnyOrder(200, 410, 410, 410);
        }
    }

    @Test
    void forged_token_is_refused_and_counts_as_a_guess_of_its_address() throws Exception {
        String genuine = tokenOf(expired(Duration.ofSeconds(1)));
        char other = genuine.charAt(50) == 'A' ? 'B' : 'A';
        String forged = genuine.substring(0, 50) + other + genuine.substring(51);
        String from = "203.0.113." + (1 + (int) (Math.random() * 250));
        assertProblem(show(forged, from), 401, "LINK_INVALID");
        assertProblem(show(genuine + "A", from), 401, "LINK_INVALID");
        assertProblem(show("", from), 401, "LINK_INVALID");
        assertProblem(show("$".repeat(64), from), 401, "LINK_INVALID");
        assertProblem(show("A".repeat(64), from), 401, "LINK_INVALID");

        Answer limited = show(forged, from);

        assertProblem(limited, 429, "TOO_MANY_BAD_CREDENTIALS");
        assertThat(limited.header("Retry-After")).isNotNull();
        assertProblem(
                node.anonymous().get("/v1/keys", "Authorization", "Bearer klmgmt_x", "X-Forwarded-For", from),
                429,
                "TOO_MANY_BAD_CREDENTIALS");
        assertThat(show(genuine, from).status()).isEqualTo(200);
        assertInvalid(node.anonymous().post("/v1/self/link", "{}"), "token");
        assertInvalid(node.anonymous().post("/v1/self/link/renew", "{\"token\":\"x\",\"grace\":\"P1D\"}"), "grace");
        assertThat(node.anonymous()
                        .post("/v1/self/link", "{\"token\":\"" + "x".repeat(2000) + "\"}")
                        .status())
                .isEqualTo(413);
    }

    @Test
    void where_key_holders_may_not_renew_mails_have_no_link_and_links_end() throws Exception {
        Answer key = expired(Duration.ofSeconds(1));
        String token = tokenOf(key);
        var settings = new HashMap<>(settings());
        settings.put("keylapse.self-renewal.policy", "before-expiry");
        settings.remove("keylapse.mail.smtp-uri");
        try (Node strict = Node.start(stores, settings)) {
            assertGone(strict.anonymous().post("/v1/self/link", body(token, null)));
            assertGone(strict.anonymous().post("/v1/self/link/renew", body(token, null)));
        }
    }

    /** A key of this lifetime that has expired, after its mail was sent. */
    private static Answer expired(Duration ttl) {
        String owner = Node.owner();
        Answer key = admin.issue("{\"owner\":%s,\"ttl\":\"%s\",\"contact\":{\"email\":\"%s@example.com\"}}"
                .formatted(quote(owner), ttl, UUID.randomUUID()));
        await().atMost(20, SECONDS).until(() -> mailsAbout(key, "expired").size() == 1);
        return key;
    }

    /** As if the key had been issued for an hour. */
    private static void stretch(Answer key) {
        stores.run("UPDATE api_key SET lifetime_ms = 3600000 WHERE owner = ?", key.text("owner"));
    }

    private static List<MimeMessage> mailsAbout(Answer key, String word) {
        String address = key.json().at("/contact/email").asText();
        return Arrays.stream(server.getReceivedMessages())
                .filter(mail -> {
                    try {
                        return mail.getAllRecipients()[0].toString().equals(address)
                                && mail.getSubject().contains(word);
                    } catch (jakarta.mail.MessagingException e) {
                        throw new AssertionError(e);
                    }
                })
                .toList();
    }

    private static String textOf(MimeMessage mail) throws Exception {
        return (String) ((MimeMultipart) mail.getContent()).getBodyPart(0).getContent();
    }

    private static String tokenOf(Answer key) {
        try {
            var found = LINK.matcher(textOf(mailsAbout(key, "expired").getFirst()));
            assertThat(found.find()).isTrue();
            return found.group(1);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private static Answer show(String token) {
        return node.anonymous().post("/v1/self/link", body(token, null));
    }

    private static Answer show(String token, String from) {
        return node.anonymous().post("/v1/self/link", body(token, null), "X-Forwarded-For", from);
    }

    private static Answer renew(String token, String ttl) {
        return node.anonymous().post("/v1/self/link/renew", body(token, ttl));
    }

    private static String body(String token, String ttl) {
        return "{\"token\":" + quote(token) + (ttl == null ? "" : ",\"ttl\":" + quote(ttl)) + "}";
    }

    private static void assertGone(Answer answer) {
        assertProblem(answer, 410, "LINK_EXPIRED");
    }

    private static void assertInvalid(Answer answer, String field) {
        assertProblem(answer, 400, "INVALID_REQUEST");
        JsonNode error = answer.json().at("/errors/0/field");
        assertThat(error.asText()).isEqualTo(field);
    }

    private static void assertProblem(Answer answer, int status, String code) {
        assertThat(answer.status()).as(answer.body()).isEqualTo(status);
        assertThat(answer.text("code")).isEqualTo(code);
    }
}
