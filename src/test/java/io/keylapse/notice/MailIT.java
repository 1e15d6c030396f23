package io.keylapse.notice;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.icegreen.greenmail.util.GreenMail;
import com.icegreen.greenmail.util.ServerSetup;
import io.keylapse.harness.Client;
import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.CloseAfterTests;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import jakarta.mail.internet.MimeMessage;
import jakarta.mail.internet.MimeMultipart;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** Mail that a real SMTP server accepts. In order of names, so that the limit on test mails is reached after the first. */
@NullUnmarked
@TestMethodOrder(MethodOrderer.MethodName.class)
class MailIT {
    private static Stores stores;
    private static GreenMail server;
    private static Node node;
    private static Client admin;

    @TempDir
    private static Path templates;

    @BeforeAll
    static void start() throws Exception {
        var smtp = new ServerSetup(0, "127.0.0.1", ServerSetup.PROTOCOL_SMTP);
        smtp.setServerStartupTimeout(30_000);
        server = new GreenMail(smtp);
        CloseAfterTests.register(server::stop);
        server.start();
        stores = Stores.own();
        Files.writeString(templates.resolve("expired.de.txt"), "{{name}} ist abgelaufen\n\nAm {{at}}.\n", UTF_8);
        Files.writeString(templates.resolve("expired.de.html"), "<p>{{name}} ist am {{at}} abgelaufen.</p>", UTF_8);
        node = Node.start(
                stores,
                Map.of(
                        "keylapse.mail.smtp-uri",
                        "smtp://127.0.0.1:" + server.getSmtp().getPort(),
                        "keylapse.mail.from",
                        "Keylapse <keys@example.com>",
                        "keylapse.mail.templates",
                        templates.toString(),
                        "keylapse.gateway.renew-url",
                        "https://example.com/renew/{keyId}",
                        "keylapse.service-name",
                        "Acme API",
                        "keylapse.support-contact",
                        "help@example.com"));
        admin = node.admin();
    }

    @Test
    void owner_is_mailed_in_text_and_html_what_happened_and_what_to_do() throws Exception {
        String address = address();
        Answer key = issue("{\"email\":\"%s\"}".formatted(address), "<b>night</b> build");

        MimeMessage mail = awaitMail(address);

        assertThat(mail.getSubject()).isEqualTo("Acme API: Your API key “<b>night</b> build” has expired");
        assertThat(mail.getFrom()[0]).hasToString("Keylapse <keys@example.com>");
        assertThat(mail.getHeader("Auto-Submitted")).containsExactly("auto-generated");
        String text = part(mail, 0);
        String html = part(mail, 1);
        assertThat(text)
                .contains(
                        "“<b>night</b> build” expired on ",
                        "Questions? Contact help@example.com.",
                        "https://example.com/renew/" + key.text("id"),
                        key.text("hint"));
        assertThat(html)
                .contains(
                        "&lt;b&gt;night&lt;/b&gt; build",
                        "https://example.com/renew/" + key.text("id"),
                        "mailto:help@example.com")
                .doesNotContain("<b>night");
        assertThat(text + html).doesNotContain(key.text("key"));
        await().atMost(10, SECONDS)
                .until(() -> admin.get("/v1/notices?keyId=" + key.text("id"))
                        .json()
                        .path("items")
                        .path(0)
                        .path("deliveries")
                        .path(0)
                        .path("state")
                        .asText()
                        .equals("delivered"));
    }

    @Test
    void notice_that_was_mailed_says_so_apart_from_webhooks() {
        Answer key = issue("{\"email\":\"%s\"}".formatted(address()), "nightly");
        await().atMost(20, SECONDS)
                .until(() -> admin.get("/v1/blacklist?keyId=" + key.text("id"))
                        .json()
                        .at("/items/0/told/mail")
                        .asText()
                        .equals("delivered"));
        var told = admin.get("/v1/notices?keyId=" + key.text("id")).json().at("/items/0/told");
        assertThat(told.path("mail").asText()).isEqualTo("delivered");
        assertThat(told.path("delivered").asInt()).isEqualTo(1);
        assertThat(told.at("/webhooks/delivered").asInt()).isZero();
    }

    @Test
    void owner_gets_mail_in_his_own_language_if_there_are_templates_and_english_otherwise() throws Exception {
        String german = address();
        String french = address();
        String portuguese = address();
        issue("{\"email\":\"%s\",\"language\":\"de-AT\"}".formatted(german), "Nachtlauf");
        issue("{\"email\":\"%s\",\"language\":\"fr\"}".formatted(french), "nuit");
        Answer key = issue("{\"email\":\"%s\",\"language\":\"pt-BR\"}".formatted(portuguese), "noite");

        assertThat(awaitMail(german).getSubject()).isEqualTo("Nachtlauf ist abgelaufen");
        assertThat(awaitMail(german).getHeader("Content-Language")).containsExactly("de");
        assertThat(awaitMail(french).getSubject()).isEqualTo("Acme API : Votre clé API «\u00A0nuit\u00A0» a expiré");
        assertThat(awaitMail(portuguese).getSubject()).isEqualTo("Acme API: Your API key “noite” has expired");
        var notice = admin.get("/v1/notices?keyId=" + key.text("id")).json().at("/items/0");
        assertThat(notice.path("language").asText()).isEqualTo("pt-BR");
        assertThat(notice.path("mailLanguage").asText()).isEqualTo("en");
    }

    @Test
    void owner_is_mailed_the_reason_of_an_admin_encoded_and_that_of_a_key_holder_not_at_all() throws Exception {
        String reason = "<a href=https://evil.example>Confirm your account</a>";
        String byHolder = address();
        Answer stolen = admin.issue("{\"owner\":\"o-%s\",\"ttl\":\"PT1H\",\"contact\":{\"email\":\"%s\"}}"
                .formatted(UUID.randomUUID(), byHolder));
        String byAdmin = address();
        Answer leaked = admin.issue("{\"owner\":\"o-%s\",\"ttl\":\"PT1H\",\"contact\":{\"email\":\"%s\"}}"
                .formatted(UUID.randomUUID(), byAdmin));
        String body = "{\"reason\":%s}".formatted(Client.quote(reason));

        assertThat(node.anonymous()
                        .post("/v1/self/revoke", body, "X-API-Key", stolen.text("key"))
                        .text("reason"))
                .isEqualTo(reason);
        admin.post("/v1/keys/" + leaked.text("id") + "/revoke", body);

        MimeMessage ofHolder = awaitMail(byHolder);
        assertThat(ofHolder.getSubject()).contains("was revoked");
        assertThat(part(ofHolder, 0) + part(ofHolder, 1)).doesNotContain("evil", "Confirm", "Reason");
        MimeMessage ofAdmin = awaitMail(byAdmin);
        assertThat(part(ofAdmin, 0)).contains("Reason: " + reason);
        assertThat(part(ofAdmin, 1))
                .contains("&lt;a href", "Confirm your account")
                .doesNotContain("<a href=https://evil", "<a href=\"https://evil");
        assertThat(admin.get("/v1/blacklist?keyId=" + stolen.text("id"))
                        .json()
                        .at("/items/0/detail")
                        .asText())
                .isEqualTo(reason);
    }

    @Test
    void every_kind_of_notice_has_its_words() throws Exception {
        String address = address();
        Answer key = admin.issue(
                "{\"owner\":\"o-%s\",\"name\":\"ci\",\"ttl\":\"PT62S\",\"leadTimes\":[\"PT1M\"],\"contact\":{\"email\":\"%s\"}}"
                        .formatted(UUID.randomUUID(), address));
        await().atMost(20, SECONDS).until(() -> subjects(address).size() == 1);
        admin.post("/v1/keys/" + key.text("id") + "/renew", "{\"ttl\":\"PT2H\"}");
        Answer successor = admin.post("/v1/keys/" + key.text("id") + "/rotate", "{\"ttl\":\"PT2H\"}");
        admin.post("/v1/keys/" + successor.text("id") + "/revoke", "{\"reason\":\"leaked\"}");
        await().atMost(20, SECONDS).until(() -> subjects(address).size() == 4);

        assertThat(subjects(address))
                .anySatisfy(subject -> assertThat(subject).matches("Acme API: Your API key “ci” expires in 1 minute"))
                .contains(
                        "Acme API: Your API key “ci” was renewed",
                        "Acme API: Your API key “ci” was replaced",
                        "Acme API: Your API key “ci” was revoked");
    }

    @Test
    void admin_sees_each_mail_and_sends_it_to_himself_marked_as_a_test() throws Exception {
        String address = address();
        var listed = admin.get("/v1/mail-templates").json();
        assertThat(listed.path("configured").asBoolean()).isTrue();
        assertThat(listed.findValuesAsText("type"))
                .containsExactly(
                        "api_key.expiring",
                        "api_key.expired",
                        "api_key.revoked",
                        "api_key.rotated",
                        "api_key.renewed",
                        "api_key.refused");
        assertThat(listed.at("/items/0/languages")).hasSize(4);

        Answer preview = admin.get("/v1/mail-templates/api_key.revoked?language=es");
        assertThat(preview.text("language")).isEqualTo("es");
        assertThat(preview.text("subject"))
                .isEqualTo("Acme API: Su clave de API «billing, production» ha sido revocada");
        assertThat(preview.text("text")).contains("Motivo: found in a public repository", "help@example.com");
        assertThat(admin.get("/v1/mail-templates/api_key.revoked?language=pt-BR")
                        .text("language"))
                .isEqualTo("en");

        Answer sent = admin.post(
                "/v1/mail-templates/api_key.revoked/test", "{\"email\":\"%s\",\"language\":\"es\"}".formatted(address));

        assertThat(sent.text("result")).as(sent.body()).isEqualTo("delivered");
        MimeMessage mail = awaitMail(address);
        assertThat(mail.getSubject()).isEqualTo("[Test] " + preview.text("subject"));
        assertThat(mail.getHeader("Content-Language")).containsExactly("es");
        // Mail has CR LF at the end of lines.
        assertThat(part(mail, 0).replace("\r\n", "\n")).isEqualTo(preview.text("text"));
        assertThat(part(mail, 1).replace("\r\n", "\n")).isEqualTo(preview.text("html"));
    }

    @Test
    void test_mails_are_few_and_the_answer_says_when_to_go_on() {
        Answer last = null;
        for (int i = 0; i < 7; i++) {
            last = admin.post("/v1/mail-templates/api_key.renewed/test", "{\"email\":\"%s\"}".formatted(address()));
        }
        assertThat(last.status()).isEqualTo(429);
        assertThat(last.text("code")).isEqualTo("TOO_MANY_TESTS");
        assertThat(Integer.parseInt(last.header("Retry-After"))).isBetween(1, 60);
    }

    @Test
    void test_mail_that_makes_no_sense_is_refused_naming_the_field() {
        for (String[] each : new String[][] {
            {"api_key.expired", "{}", "email"},
            {"api_key.expired", "{\"email\":\"a,b@c\"}", "email"},
            {"api_key.expired", "{\"email\":\"a@example.com\\r\\nBcc: b@example.com\"}", "email"},
            {"api_key.expired", "{\"email\":\"a@example.com\",\"language\":\"../de\"}", "language"},
            {"layout", "{\"email\":\"a@example.com\"}", "type"}
        }) {
            Answer refused = admin.post("/v1/mail-templates/" + each[0] + "/test", each[1]);
            assertThat(refused.status()).as(refused.body()).isEqualTo(400);
            assertThat(refused.json().at("/errors/0/field").asText()).isEqualTo(each[2]);
        }
        assertThat(admin.get("/v1/mail-templates/api_key.expired?language=x%2F..")
                        .status())
                .isEqualTo(400);
    }

    @Test
    void address_that_the_mail_server_cannot_take_is_refused_at_the_door() {
        for (String address : new String[] {"a,b@c", "x@straße.example"}) {
            Answer refused = admin.post(
                    "/v1/keys",
                    "{\"owner\":\"o\",\"ttl\":\"PT1H\",\"contact\":{\"email\":%s}}".formatted(Client.quote(address)));
            assertThat(refused.status()).as(refused.body()).isEqualTo(400);
            assertThat(refused.json().at("/errors/0/field").asText()).isEqualTo("contact.email");
        }
    }

    private static String address() {
        return UUID.randomUUID() + "@example.com";
    }

    private static Answer issue(String contact, String name) {
        return admin.issue("{\"owner\":\"o-%s\",\"name\":%s,\"ttl\":\"PT1S\",\"contact\":%s}"
                .formatted(UUID.randomUUID(), Client.quote(name), contact));
    }

    private static List<MimeMessage> mailTo(String address) {
        return Arrays.stream(server.getReceivedMessages())
                .filter(mail -> {
                    try {
                        return mail.getAllRecipients()[0].toString().equals(address);
                    } catch (jakarta.mail.MessagingException e) {
                        throw new AssertionError(e);
                    }
                })
                .toList();
    }

    private static List<String> subjects(String address) {
        return mailTo(address).stream()
                .map(mail -> {
                    try {
                        return mail.getSubject();
                    } catch (jakarta.mail.MessagingException e) {
                        throw new AssertionError(e);
                    }
                })
                .toList();
    }

    private static MimeMessage awaitMail(String address) {
        await().atMost(20, SECONDS).until(() -> !mailTo(address).isEmpty());
        return mailTo(address).getFirst();
    }

    private static String part(MimeMessage mail, int index) throws Exception {
        return (String) ((MimeMultipart) mail.getContent()).getBodyPart(index).getContent();
    }
}
