package io.keylapse.notice.mail;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@NullUnmarked
class MailSettingsTest {
    private static final String SERVER = "smtp://127.0.0.1:2525";

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            keys@example.com                      | keys@example.com
            Keylapse <keys@example.com>           | Keylapse <keys@example.com>
            "Keys, Acme" <keys@example.com>       | "Keys, Acme" <keys@example.com>
            Schlüssel <keys@example.com>          | =?UTF-8?Q?Schl=C3=BCssel?= <keys@example.com>
            =?UTF-8?Q?Schl=C3=BCssel?= <k@e.com>  | =?UTF-8?Q?Schl=C3=BCssel?= <k@e.com>
            Keys <keys@ü.example>                 | Keys <keys@xn--tda.example>
            """)
    void sender_is_encoded_for_a_header(String from, String header) {
        assertThat(new MailSettings(SERVER, from, null).sender()).hasToString(header);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "keys",
                "Keylapse",
                "Keylapse keys@example.com",
                "Keylapse <keys>",
                "Keylapse <keys@example.com",
                "Keylapse <>",
                "<>",
                "@example.com",
                "keys@",
                "Keys, Acme <keys@example.com>",
                "a@example.com, b@example.com",
                "list: a@example.com;",
                "keys@exa mple.com",
                "keys@[127.0.0.1]",
                "keys@example.com.",
                "schlüssel@example.com",
                "keys@straße.example",
                "Key\r\nBcc: x@example.com <keys@example.com>",
                "Key\nlapse <keys@example.com>",
                "Key\u0000lapse <keys@example.com>",
                "\"Key\r\n lapse\" <keys@example.com>",
                "=?UTF-8?Q?Key=0D=0ABcc:_x?= <keys@example.com>"
            })
    void sender_that_cannot_be_used_is_refused_naming_the_setting(String from) {
        for (String server : new String[] {SERVER, null}) {
            assertThatThrownBy(() -> new MailSettings(server, from, null))
                    .isInstanceOf(IllegalArgumentException.class)
                    .satisfies(refusal -> assertThat(refusal.getMessage())
                            .startsWith("keylapse.mail.from (KEYLAPSE_MAIL_FROM)")
                            .doesNotContain("\n", "\r"));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "smtp://host:0",
                "smtp://host:65536",
                "smtp://user@host",
                "smtp://:secret@host",
                "http://host",
                "smtp://",
                "host:25",
                "smtp://hö.example"
            })
    void server_that_cannot_be_used_is_refused_naming_the_setting(String uri) {
        assertThatThrownBy(() -> new MailSettings(uri, "keys@example.com", null))
                .isInstanceOf(IllegalArgumentException.class)
                .satisfies(refusal -> assertThat(refusal.getMessage())
                        .startsWith("keylapse.mail.smtp-uri (KEYLAPSE_MAIL_SMTP_URI)")
                        .doesNotContain("secret"));
    }

    @Test
    void subject_is_encoded_one_to_one() throws Exception {
        for (String subject : new String[] {
            "plain", "für 日本語 🔑", "=?UTF-8?Q?evil?=", "x =?UTF-8?B?" + "a".repeat(150) + "?= y", "ü".repeat(200)
        }) {
            String encoded = MailComposer.encoded(subject);
            assertThat(encoded.chars()).allMatch(c -> c < 0x80);
            assertThat(encoded.lines()).allMatch(line -> line.length() <= 76 + "Subject: ".length());
            assertThat(jakarta.mail.internet.MimeUtility.decodeText(jakarta.mail.internet.MimeUtility.unfold(encoded)))
                    .isEqualTo(subject);
        }
        assertThat(MailComposer.encoded(" a\r\nBcc: x@example.com\0\u2028b ")).isEqualTo("a Bcc: x@example.com b");
    }

    @Test
    void password_is_taken_out_of_what_the_server_says_however_it_is_encoded() {
        String said = "535 not p4ss! nor cDRzcyE= nor AGpvZQBwNHNzIQ== nor am9lAGpvZQBwNHNzIQ==";
        assertThat(MailServer.redacted(said, "joe", "p4ss!"))
                .isEqualTo("535 not [secret] nor [secret] nor [secret] nor [secret]");
        assertThat(MailServer.redacted("535 no", null, null)).isEqualTo("535 no");
    }
}
