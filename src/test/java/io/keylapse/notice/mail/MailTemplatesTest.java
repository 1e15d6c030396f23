package io.keylapse.notice.mail;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.keylapse.key.KeyId;
import io.keylapse.key.RenewUrl;
import io.keylapse.key.ServiceIdentity;
import io.keylapse.notice.Notice;
import io.keylapse.registry.outbox.NoticeId;
import io.keylapse.registry.outbox.NoticeKind;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The included templates: every language has all of them, and they say the same. */
@NullUnmarked
class MailTemplatesTest {
    private static final Instant NOW = Instant.parse("2027-05-03T12:00:00Z");
    private static final Pattern TAG = Pattern.compile("\\{\\{([#^/>]?)([^{}]+)}}");
    private static final MailTemplates TEMPLATES = new MailTemplates(new MailSettings(null, null, null));

    static Stream<Arguments> all() {
        return Arrays.stream(NoticeKind.values())
                .flatMap(kind -> Arrays.stream(MailLanguage.values()).map(language -> Arguments.of(kind, language)));
    }

    @ParameterizedTest
    @MethodSource("all")
    void every_language_has_every_template_with_every_variable_of_the_english_one(
            NoticeKind kind, MailLanguage language) {
        for (String format : new String[] {".txt", ".html"}) {
            Set<String> english = variables(kind.word() + format);
            String file = language == MailLanguage.EN ? "" : "." + language.tag();
            assertThat(english).contains("service", "key", "hint", "owner", "keyId", "support", "late");
            assertThat(variables(kind.word() + file + format)).isEqualTo(english);
        }
        assertThat(TEMPLATES.languages(kind)).containsExactly("de", "en", "es", "fr");
    }

    /** The variables and sections of a file and those that it includes, without languages in names of files. */
    private static Set<String> variables(String file) {
        var found = new TreeSet<String>();
        TAG.matcher(source(file)).results().forEach(tag -> {
            if (tag.group(1).equals(">")) {
                found.addAll(variables(tag.group(2)));
            } else if (!tag.group(2).startsWith("<")) {
                found.add(tag.group(2).strip());
            }
        });
        if (file.endsWith(".html") && !file.startsWith("layout") && !file.startsWith("foot")) {
            found.addAll(variables("layout.html"));
        }
        return found;
    }

    private static String source(String file) {
        try (InputStream in = MailTemplates.class.getResourceAsStream("/mail/" + file)) {
            assertThat(in).as(file).isNotNull();
            return new String(in.readAllBytes(), UTF_8);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @ParameterizedTest
    @MethodSource("all")
    void mail_names_service_contact_and_key_and_leaves_no_gap(NoticeKind kind, MailLanguage language) {
        RenderedMail mail = write(kind, language.tag(), UnaryOperator.identity());

        assertThat(mail.language()).isEqualTo(language.tag());
        assertThat(mail.subject()).startsWith("Acme API").contains(language.quoted("night build"));
        assertThat(mail.text())
                .contains(language.quoted("night build"), "help@example.com", "kl_Ab3d...x9Qz", "acme")
                .doesNotContain("{{", "\n\n\n")
                .endsWith("\n");
        assertThat(mail.html())
                .contains(
                        "Acme API",
                        language.quoted("night build"),
                        "mailto:help@example.com",
                        "prefers-color-scheme: dark",
                        "<meta name=\"color-scheme\" content=\"light dark\">",
                        "<html lang=\"" + language.tag() + "\">")
                .doesNotContain("{{", "<h1 style=\"margin:0 0 .6em;font-size:20px;line-height:1.3\"></h1>");
        boolean canRenew = kind == NoticeKind.EXPIRING || kind == NoticeKind.EXPIRED || kind == NoticeKind.REFUSED;
        assertThat(mail.text().contains("\nhttps://example.com/renew\n")).isEqualTo(canRenew);
        assertThat(mail.html().contains("href=\"https://example.com/renew\"")).isEqualTo(canRenew);
    }

    @ParameterizedTest
    @MethodSource("all")
    void key_without_a_name_is_named_once_by_its_hint(NoticeKind kind, MailLanguage language) {
        RenderedMail mail = write(kind, language.tag(), _ -> "");
        assertThat(mail.subject()).contains("kl_Ab3d...x9Qz");
        assertThat(mail.text()).doesNotContain("kl_Ab3d...x9Qz (", language.quoted(""), language.quoted("kl_"));
        assertThat(mail.html()).doesNotContain("</bdi> (kl_", language.quoted(""));
    }

    @Test
    void text_reads_as_a_person_would_write_it() {
        assertThat(write(NoticeKind.EXPIRING, "en", UnaryOperator.identity()).text())
                .isEqualTo("""
                Your API key “night build” expires in 7 days, on May 10, 2027, 12:00\u202fPM UTC. After that, requests that use it are refused.

                Renew it:
                https://example.com/renew

                Renewing does not change the key itself. You do not need to change your applications.

                Key: “night build” (kl_Ab3d...x9Qz)
                Owner: acme
                ID: key_0000000000000000000000

                You are receiving this message because this address is the contact for the key.
                Questions? Contact help@example.com.
                """);
        assertThat(write(NoticeKind.ROTATED, "en", UnaryOperator.identity()).text())
                .contains(
                        "The old key is accepted until May 10, 2027",
                        "What to do: in every application that uses the old key, replace it with the new one before that time.",
                        "ID of the new key: key_");
    }

    @ParameterizedTest
    @CsvSource({
        "PT30S, 1 minute, 1 Minute, 1 minute, 1 minuto",
        "PT1M31S, 2 minutes, 2 Minuten, 2 minutes, 2 minutos",
        "PT3H, 3 hours, 3 Stunden, 3 heures, 3 horas",
        "PT23H59M50S, 24 hours, 24 Stunden, 24 heures, 24 horas",
        "P29DT23H59M58S, 30 days, 30 Tagen, 30 jours, 30 días",
        "-PT1S, 1 minute, 1 Minute, 1 minute, 1 minuto"
    })
    void remaining_time_is_rounded_in_the_words_of_the_language(
            String left, String english, String german, String french, String spanish) {
        assertThat(Arrays.stream(MailLanguage.values()).map(each -> each.left(Duration.parse(left))))
                .containsExactly(english, german, french, spanish);
    }

    @Test
    void instant_is_written_as_usual_in_the_language() {
        assertThat(Arrays.stream(MailLanguage.values())
                        .map(each -> each.dates().withZone(ZoneOffset.UTC).format(NOW)))
                .containsExactly(
                        "May 3, 2027, 12:00\u202fPM",
                        "3. Mai 2027 um 12:00",
                        "3 mai 2027 à 12:00",
                        "3 de mayo de 2027, 12:00");
    }

    @Test
    void missing_language_falls_back_to_english_and_a_region_to_its_language() {
        assertThat(TEMPLATES.language(NoticeKind.EXPIRED, "de-AT")).isEqualTo("de");
        assertThat(TEMPLATES.language(NoticeKind.EXPIRED, "pt-BR")).isEqualTo("en");
        assertThat(TEMPLATES.language(NoticeKind.EXPIRED, null)).isEqualTo("en");
    }

    @Test
    void support_contact_is_a_link_whatever_characters_the_address_has() {
        assertThat(new ServiceIdentity(null, "a&b?c%d@example.com").supportUrl())
                .contains("mailto:a%26b%3Fc%25d@example.com");
        assertThat(new ServiceIdentity(null, "https://example.com/@help").supportUrl())
                .contains("https://example.com/@help");
    }

    private static RenderedMail write(NoticeKind kind, String language, UnaryOperator<String> name) {
        var renderer = new MailRenderer(
                TEMPLATES,
                new RenewUrl("https://example.com/renew", null),
                _ -> Optional.empty(),
                new ServiceIdentity("Acme API", "help@example.com"));
        Notice sample = MailRenderer.sample(kind, language, NOW);
        return renderer.write(
                new Notice(
                        new NoticeId(sample.id().value()),
                        kind,
                        new KeyId(sample.keyId().value()),
                        1,
                        "acme",
                        name.apply("night build"),
                        sample.hint(),
                        null,
                        language,
                        sample.expiresAt(),
                        sample.leadTime(),
                        sample.successorId(),
                        sample.detail(),
                        NOW,
                        NOW),
                Optional.empty(),
                NOW);
    }
}
