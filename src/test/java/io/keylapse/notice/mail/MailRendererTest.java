package io.keylapse.notice.mail;

import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.keylapse.key.KeyId;
import io.keylapse.key.RenewUrl;
import io.keylapse.key.ServiceIdentity;
import io.keylapse.notice.Notice;
import io.keylapse.registry.outbox.NoticeId;
import io.keylapse.registry.outbox.NoticeKind;
import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.NullUnmarked;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Templates as written by different editors and file systems. */
@NullUnmarked
class MailRendererTest {
    private static final Instant NOW = Instant.parse("2027-05-03T12:00:00Z");

    @TempDir
    private Path folder;

    private RenderedMail letter() {
        return renderer(ServiceIdentity.ANONYMOUS).write(notice(null), Optional.empty(), NOW);
    }

    private MailRenderer renderer(ServiceIdentity service) {
        return new MailRenderer(
                new MailTemplates(settings()), new RenewUrl(null, null), _ -> Optional.empty(), service);
    }

    private static Notice notice(@Nullable String language) {
        return new Notice(
                NoticeId.generate(NOW),
                NoticeKind.EXPIRED,
                KeyId.generate(NOW),
                1,
                "acme",
                "ci",
                "kl_Ab3d...x9Qz",
                null,
                language,
                null,
                null,
                null,
                null,
                NOW,
                NOW);
    }

    @Test
    void mail_leads_to_our_own_page_only_while_the_key_may_be_renewed_there() {
        Notice expired = MailRenderer.sample(NoticeKind.EXPIRED, null, NOW);
        var page = new RenewUrl(null, "https://keys.example.com/my-key");
        var templates = new MailTemplates(settings());
        var late = new MailRenderer(templates, page, Optional::of, ServiceIdentity.ANONYMOUS);
        var inTime =
                new MailRenderer(templates, page, end -> Optional.of(end.plusSeconds(1)), ServiceIdentity.ANONYMOUS);

        assertThat(late.write(expired, Optional.empty(), NOW).text())
                .doesNotContain("my-key")
                .contains("Ask its issuer to renew it.");
        assertThat(inTime.write(expired, Optional.empty(), NOW).text()).contains("https://keys.example.com/my-key");
    }

    @ParameterizedTest
    @CsvSource({"expired, Renewing does not change", "revoked, issuer for a new one", "rotated, Replace it"})
    void mail_about_refusals_says_what_to_do_for_the_way_in_which_the_key_ended(String how, String advice) {
        var notice = new Notice(
                NoticeId.generate(NOW),
                NoticeKind.REFUSED,
                KeyId.generate(NOW),
                1,
                "acme",
                "ci",
                "kl_Ab3d...x9Qz",
                null,
                null,
                NOW.minusSeconds(60),
                null,
                null,
                how,
                NOW.minusSeconds(7_200),
                NOW);

        RenderedMail mail = new MailRenderer(
                        new MailTemplates(settings()),
                        new RenewUrl(null, null),
                        _ -> Optional.empty(),
                        ServiceIdentity.ANONYMOUS)
                .write(notice, Optional.empty(), NOW);

        assertThat(mail.text()).contains(advice, "refused since May 3, 2027").doesNotContain("late");
        assertThat(mail.html()).contains(advice);
        assertThat(Stream.of("Renewing", "issuer for a new one", "Replace it").filter(mail.text()::contains))
                .hasSize(1);
    }

    @Test
    void languages_for_which_there_is_no_template_are_not_remembered() throws Exception {
        var loaded = new MailTemplates(settings());
        var renderer =
                new MailRenderer(loaded, new RenewUrl(null, null), _ -> Optional.empty(), ServiceIdentity.ANONYMOUS);
        Field field = MailTemplates.class.getDeclaredField("templates");
        field.setAccessible(true);
        Map<?, ?> templates = (Map<?, ?>) field.get(loaded);
        renderer.write(notice("en-x-first"), Optional.empty(), NOW);
        int before = templates.size();
        for (int i = 0; i < 1_000; i++) {
            renderer.write(notice("en-x-" + i), Optional.empty(), NOW);
        }
        assertThat(templates).hasSize(before);
    }

    private MailSettings settings() {
        return new MailSettings(null, null, folder.toString());
    }

    private void write(String file, byte[] content) throws IOException {
        Files.write(folder.resolve(file), content);
    }

    private void assertRefusedNaming(String file) {
        assertThatThrownBy(() -> renderer(ServiceIdentity.ANONYMOUS))
                .isInstanceOf(IllegalArgumentException.class)
                .satisfies(refusal -> assertThat(refusal.getMessage())
                        .contains("keylapse.mail.templates", "KEYLAPSE_MAIL_TEMPLATES", file)
                        .doesNotContain("\n"));
    }

    @Test
    void byte_order_mark_is_not_part_of_the_subject_or_the_page() throws Exception {
        write("expired.txt", "\uFEFF{{name}} abgelaufen\n\nText".getBytes(UTF_8));
        write("expired.html", "\uFEFF<p>{{name}}</p>".getBytes(UTF_8));

        assertThat(letter().subject()).isEqualTo("ci abgelaufen");
        assertThat(letter().html()).isEqualTo("<p>ci</p>");
    }

    @Test
    void line_ends_of_windows_and_old_macs_are_line_ends() throws Exception {
        write("expired.txt", "{{name}} ended\r\n\r\nFirst\r\nSecond\rThird".getBytes(UTF_8));
        write("expired.html", "<p>\r\n</p>".getBytes(UTF_8));

        assertThat(letter().subject()).isEqualTo("ci ended");
        assertThat(letter().text()).isEqualTo("First\nSecond\nThird");
        assertThat(letter().html()).isEqualTo("<p>\n</p>");
    }

    @Test
    void template_that_is_not_utf_8_is_refused_by_name() throws Exception {
        write("expired.de.txt", "f\u00FCr".getBytes(java.nio.charset.StandardCharsets.ISO_8859_1));
        assertRefusedNaming("expired.de.txt");
        write("expired.de.txt", "\uFEFFfür".getBytes(UTF_16LE));
        assertRefusedNaming("expired.de.txt");
    }

    @Test
    void template_that_cannot_be_read_is_refused_by_name() throws Exception {
        Files.createDirectory(folder.resolve("expired.fr.html"));
        assertRefusedNaming("expired.fr.html");
        Files.delete(folder.resolve("expired.fr.html"));
        Files.createSymbolicLink(folder.resolve("revoked.txt"), folder.resolve("gone"));
        assertRefusedNaming("revoked.txt");
    }

    @Test
    void template_that_is_no_mustache_is_refused_by_name() throws Exception {
        write("revoked.html", "<p>{{#name}}</p>\n".getBytes(UTF_8));
        assertRefusedNaming("revoked.html");
    }

    @Test
    void template_that_includes_a_file_that_there_is_not_is_refused_by_name() throws Exception {
        write("revoked.it.txt", "Revocata\n\n{{>footer.txt}}\n".getBytes(UTF_8));
        assertRefusedNaming("revoked.it.txt");
        write("footer.txt", "Grazie\n".getBytes(UTF_8));
        renderer(ServiceIdentity.ANONYMOUS);
    }

    @Test
    void folder_that_is_none_is_refused_by_name() {
        for (String none : new String[] {folder.resolve("none").toString(), "\0", "line\nend"}) {
            assertThatThrownBy(() -> new MailTemplates(new MailSettings(null, null, none)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .satisfies(refusal -> assertThat(refusal.getMessage())
                            .startsWith("keylapse.mail.templates")
                            .doesNotContain("\n"));
        }
    }
}
