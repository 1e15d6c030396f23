package io.keylapse.notice;

import static io.keylapse.harness.Client.quote;
import static io.keylapse.harness.Node.owner;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.keylapse.harness.Client;
import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import io.keylapse.notice.ScriptedSmtp.Dialogue;
import jakarta.mail.internet.InternetAddress;
import jakarta.mail.internet.MimeMessage;
import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The bytes that are sent to a mail server, and the effect of each of its replies. */
@NullUnmarked
class SmtpIT {
    private static final int MORE_THAN_THE_SCHEDULE_HAS = 20;

    private static ScriptedSmtp server;
    private static Stores stores;
    private static Node node;
    private static Client admin;

    @TempDir
    private static Path templates;

    @BeforeAll
    static void start() throws Exception {
        server = new ScriptedSmtp();
        server.offerSmtpUtf8(true);
        stores = Stores.own();
        Files.writeString(templates.resolve("revoked.qq.txt"), "{{#no}}subject{{/no}}\n\ntext", UTF_8);
        Files.writeString(templates.resolve("revoked.qq.html"), "<p>", UTF_8);
        node = Node.start(
                stores,
                Map.of(
                        "keylapse.mail.smtp-uri",
                        "smtp://127.0.0.1:" + server.port(),
                        "keylapse.mail.from",
                        "Schlüssel & Söhne <keys@ü.example>",
                        "keylapse.mail.templates",
                        templates.toString()));
        admin = node.admin();
    }

    @AfterEach
    void sayYes() {
        server.sayYes();
        server.offerSmtpUtf8(true);
    }

    @Test
    void address_beyond_ascii_is_sent_to_the_domain_that_it_names_and_to_no_other() throws Exception {
        revokedKeyOf("x@ü.example", "ci");

        Dialogue dialogue = awaitDialogue("x@xn--tda.example");

        assertThat(dialogue.commands())
                .contains("MAIL FROM:<keys@xn--tda.example>", "RCPT TO:<x@xn--tda.example>")
                .noneMatch(command -> command.contains("SMTPUTF8"));
        assertThat(dialogue.head()).contains("To: x@xn--tda.example\r\n");
        assertThat(server.dialogues()).noneMatch(each -> each.has("RCPT TO:<x@\u00FC.example>"));
    }

    @Test
    void headers_are_encoded_words_and_nothing_but_ascii() throws Exception {
        String name = "Nächtlicher Lauf 🔑 日本語";
        String address = address();
        revokedKeyOf(address, name);

        Dialogue dialogue = awaitDialogue(address);

        assertThat(dialogue.head().chars()).allMatch(c -> c < 0x80);
        MimeMessage mail = parsed(dialogue);
        assertThat(mail.getSubject()).isEqualTo("Your API key “" + name + "” was revoked");
        assertThat(((InternetAddress) mail.getFrom()[0]).getPersonal()).isEqualTo("Schlüssel & Söhne");
        assertThat(((InternetAddress) mail.getFrom()[0]).getAddress()).isEqualTo("keys@xn--tda.example");
    }

    @Test
    void name_that_looks_like_an_encoded_word_is_read_as_it_was_given() throws Exception {
        String name = "=?UTF-8?Q?all_is_well?=";
        String address = address();
        revokedKeyOf(address, name);

        assertThat(parsed(awaitDialogue(address)).getSubject()).isEqualTo("Your API key “" + name + "” was revoked");
    }

    @Test
    void local_part_beyond_ascii_goes_out_in_utf_8_where_the_server_offers_smtputf8() throws Exception {
        String address = "jörg." + UUID.randomUUID() + "@example.com";
        revokedKeyOf(address, "ci");

        String onTheWire = new String(address.getBytes(UTF_8), ISO_8859_1);
        Dialogue dialogue = awaitDialogue(onTheWire);

        assertThat(dialogue.commands()).contains("MAIL FROM:<keys@xn--tda.example> SMTPUTF8");
        assertThat(dialogue.head()).contains("To: " + onTheWire + "\r\n");
    }

    @Test
    void
            local_part_beyond_ascii_is_refused_in_clear_words_and_sent_to_nobody_where_the_server_no_longer_offers_smtputf8() {
        server.offerSmtpUtf8(false);
        String rest = UUID.randomUUID() + "@example.com";
        JsonNode delivery = awaitState(stored("\u0144" + rest), "dead");

        assertThat(lastAttempt(delivery).path("outcome").asText()).contains("address", "SMTPUTF8");
        assertThat(server.dialogues())
                .noneMatch(each -> each.commands().toString().contains(rest));
    }

    @Test
    void delivery_to_an_invalid_stored_address_is_dead_with_a_clear_outcome_and_never_sent() {
        int before = server.dialogues().size();
        List<String> owners = Stream.of(
                        "a,b@c",
                        "\"a b\"@example.com",
                        "x@straße.example",
                        "A <a@example.com>",
                        "a@b@c",
                        "a@b.example ")
                .map(SmtpIT::stored)
                .toList();

        for (String owner : owners) {
            JsonNode delivery = awaitState(owner, "dead");
            assertThat(delivery.path("attempts").asInt()).isEqualTo(1);
            assertThat(lastAttempt(delivery).path("outcome").asText()).contains("address");
        }
        assertThat(server.dialogues()).hasSize(before);
    }

    @Test
    void permanent_refusal_of_recipient_or_message_is_final_and_in_the_servers_own_words() {
        Map<String, String> owners = ownersByReply(
                "RCPT 550 5.1.1 No such user here",
                "RCPT 501 Bad recipient",
                "RCPT 553 5.1.3 Mailbox name not allowed",
                ". 554 5.7.1 Looks like spam to us",
                ". 552 5.3.4 Message too big",
                ". 550 No");

        owners.forEach((reply, owner) -> {
            JsonNode delivery = awaitState(owner, "dead");
            assertThat(delivery.path("attempts").asInt()).as(reply).isEqualTo(1);
            JsonNode attempt = lastAttempt(delivery);
            assertThat(attempt.path("outcome").asText()).endsWith(reply);
            assertThat(attempt.path("response").asText()).isEqualTo(reply);
            assertThat(attempt.path("status").asText()).isEqualTo(reply.substring(0, 3));
        });
    }

    @Test
    void temporary_refusal_is_tried_again_and_given_up_at_the_end_of_the_schedule() {
        Map<String, String> owners = ownersByReply(
                "RCPT 450 4.2.1 Greylisted",
                "RCPT 550 5.7.1 Not allowed by our policy",
                ". 451 4.3.0 Later",
                ". hang up");

        owners.forEach((reply, owner) -> assertThat(
                        awaitAttempts(owner, 1).path("state").asText())
                .as(reply)
                .isEqualTo("pending"));
        owners.values().forEach(owner -> tryAgainAfter(owner, MORE_THAN_THE_SCHEDULE_HAS));
        owners.values().forEach(owner -> awaitState(owner, "dead"));
    }

    @Test
    void reply_about_the_session_or_the_sender_leaves_mail_pending_whenever_it_is_given() {
        Map<String, String> owners = ownersByReply(
                "RCPT 503 Bad sequence of commands",
                "RCPT 530 Authentication required",
                "RCPT 554 5.7.1 Relay access denied",
                "RCPT 454 4.7.1 Relay access denied",
                "RCPT 450 4.1.8 <keys@example.com>: Sender address rejected: Domain not found",
                "RCPT 550 relay not permitted",
                "RCPT 550 5.1.8 <keys@example.com>: Sender address rejected: Domain not found",
                "RCPT 550 5.1.7 Bad sender's mailbox address",
                "RCPT 550 Sender verify failed",
                "RCPT 554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using bl.example",
                "RCPT 550 5.7.23 SPF validation failed",
                ". 421 Going down",
                ". 550 5.7.26 Multiple authentication checks failed");

        owners.values().forEach(owner -> awaitAttempts(owner, 1));
        owners.values().forEach(owner -> tryAgainAfter(owner, MORE_THAN_THE_SCHEDULE_HAS));
        owners.forEach((reply, owner) -> {
            JsonNode delivery = awaitAttempts(owner, MORE_THAN_THE_SCHEDULE_HAS + 1);
            assertThat(delivery.path("state").asText()).as(reply).isEqualTo("pending");
            assertThat(lastAttempt(delivery).path("outcome").asText()).endsWith(reply);
        });
    }

    @Test
    void fault_of_ours_or_of_our_mail_server_leaves_mail_pending_until_it_is_fixed() {
        server.reply("GREETING", "421 Too busy");
        String address = address();
        String owner = revokedKeyOf(address, "ci");
        awaitAttempts(owner, 1);

        int attempts = MORE_THAN_THE_SCHEDULE_HAS;
        for (String fault : new String[] {
            "GREETING 554 5.3.2 No mail service here",
            "GREETING hang up",
            "MAIL 530 5.7.0 Authentication required",
            "MAIL 550 5.7.1 Sender not allowed",
            "MAIL hang up"
        }) {
            String reply = fault.substring(fault.indexOf(' ') + 1);
            server.sayYes();
            server.reply(fault.substring(0, fault.indexOf(' ')), reply);
            tryAgainAfter(owner, attempts++);
            JsonNode delivery = awaitAttempts(owner, attempts);
            assertThat(delivery.path("state").asText()).as(fault).isEqualTo("pending");
            if (!reply.equals("hang up")) {
                assertThat(lastAttempt(delivery).path("outcome").asText()).contains(reply);
            }
        }
        assertThat(server.to(address)).isEmpty();
        server.sayYes();
        tryAgainAfter(owner, attempts);
        assertThat(lastAttempt(awaitState(owner, "delivered")).path("response").asText())
                .isEqualTo("250 2.0.0 queued as 4711");
        assertThat(server.to(address)).hasSize(1);
    }

    @Test
    void template_that_gives_no_subject_leaves_mail_pending() {
        String owner = owner();
        Answer key = admin.issue("{\"owner\":%s,\"ttl\":\"PT1H\",\"contact\":{\"email\":%s,\"language\":\"qq\"}}"
                .formatted(quote(owner), quote(address())));
        admin.post("/v1/keys/" + key.text("id") + "/revoke", "{}");
        awaitAttempts(owner, 1);

        tryAgainAfter(owner, MORE_THAN_THE_SCHEDULE_HAS);
        JsonNode delivery = awaitAttempts(owner, MORE_THAN_THE_SCHEDULE_HAS + 1);

        assertThat(delivery.path("state").asText()).isEqualTo("pending");
        assertThat(lastAttempt(delivery).path("outcome").asText()).contains("revoked.qq.txt");
    }

    @Test
    void words_of_the_server_are_kept_on_one_line_and_to_a_bound() {
        server.reply("RCPT", "550-5.1.1 First\u0007\t line\r\n550 5.1.1 " + "x".repeat(5_000));

        JsonNode attempt = lastAttempt(awaitState(revokedKeyOf(address(), "ci"), "dead"));

        for (String member : new String[] {"outcome", "response"}) {
            assertThat(attempt.path(member).asText())
                    .contains("550-5.1.1 First line 550 5.1.1 xxx")
                    .hasSizeLessThanOrEqualTo(1_001)
                    .doesNotContain("\u0007");
        }
    }

    @Test
    void mail_that_was_accepted_is_delivered_whatever_becomes_of_the_farewell() {
        server.reply("QUIT", "hang up");
        String address = address();

        awaitState(revokedKeyOf(address, "ci"), "delivered");

        assertThat(server.to(address)).hasSize(1);
    }

    private static String address() {
        return UUID.randomUUID() + "@example.com";
    }

    /**
     * Revokes keys, and returns their owners by the reply to their mails.
     *
     * @param replies {@code RCPT} or {@code .}, and the reply to it
     */
    private static Map<String, String> ownersByReply(String... replies) {
        var owners = new LinkedHashMap<String, String>();
        for (String each : replies) {
            String address = address();
            String command = each.startsWith(". ") ? ". " + address : "RCPT TO:<" + address;
            server.reply(command, each.substring(each.indexOf(' ') + 1));
            owners.put(each.substring(each.indexOf(' ') + 1), revokedKeyOf(address, "ci"));
        }
        return owners;
    }

    /** Revokes a key whose contact gets a mail, and returns its owner. */
    private static String revokedKeyOf(String address, String name) {
        String owner = owner();
        Answer key = admin.issue("{\"owner\":%s,\"name\":%s,\"ttl\":\"PT1H\",\"contact\":{\"email\":%s}}"
                .formatted(quote(owner), quote(name), quote(address)));
        assertThat(admin.post("/v1/keys/" + key.text("id") + "/revoke", "{}").status())
                .isEqualTo(200);
        return owner;
    }

    /** The same with an address that an older version stored. */
    private static String stored(String address) {
        String owner = owner();
        Answer key = admin.issue("{\"owner\":%s,\"ttl\":\"PT1H\"}".formatted(quote(owner)));
        stores.run("UPDATE api_key SET contact_email = ? WHERE owner = ?", address, owner);
        assertThat(admin.post("/v1/keys/" + key.text("id") + "/revoke", "{}").status())
                .isEqualTo(200);
        return owner;
    }

    private static Dialogue awaitDialogue(String address) {
        await().atMost(20, SECONDS).until(() -> server.to(address).stream().anyMatch(each -> each.has("QUIT")));
        return server.to(address).getFirst();
    }

    private static MimeMessage parsed(Dialogue dialogue) throws Exception {
        return new MimeMessage(null, new ByteArrayInputStream(dialogue.content().toByteArray()));
    }

    private static JsonNode deliveryOf(String owner) {
        return admin.get("/v1/notices?owner=" + owner).json().at("/items/0/deliveries/0");
    }

    private static JsonNode awaitState(String owner, String state) {
        await().atMost(20, SECONDS)
                .until(() -> deliveryOf(owner).path("state").asText().equals(state));
        return deliveryOf(owner);
    }

    /** Waits until the last attempt has this number and is stored. */
    private static JsonNode awaitAttempts(String owner, int attempts) {
        await().atMost(20, SECONDS).until(() -> {
            JsonNode delivery = deliveryOf(owner);
            return !delivery.isMissingNode()
                    && lastAttempt(delivery).path("number").asInt() == attempts;
        });
        return deliveryOf(owner);
    }

    private static JsonNode lastAttempt(JsonNode delivery) {
        JsonNode log = admin.get("/v1/deliveries/" + delivery.path("id").asText())
                .json()
                .path("log");
        return log.path(log.size() - 1);
    }

    /** Makes the delivery look as if that many attempts had failed and the pause had ended. */
    private static void tryAgainAfter(String owner, int attempts) {
        stores.run(
                "UPDATE delivery SET attempts = ?, next_attempt_at = now() FROM notice WHERE notice.id = notice_id"
                        + " AND owner = ? AND delivery.state = 'pending'",
                attempts,
                owner);
    }
}
