package io.keylapse.key.input;

import static org.assertj.core.api.Assertions.assertThat;

import io.keylapse.key.input.MailAddress.Judgement.Unusable;
import io.keylapse.key.input.MailAddress.Judgement.Usable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The expected A-labels are from Unicode's IDNA conformance data and from registries. */
class MailAddressTest {
    private static MailAddress usable(String text) {
        assertThat(MailAddress.judge(text)).as(text).isInstanceOf(Usable.class);
        return ((Usable) MailAddress.judge(text)).address();
    }

    private static String complaintAbout(String text) {
        assertThat(MailAddress.judge(text)).as(text).isInstanceOf(Unusable.class);
        return ((Unusable) MailAddress.judge(text)).complaint();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ops@example.com",
                "Ops.Team+keys@Example.COM",
                "a@b",
                "!#$%&'*+-/=?^_`{|}~@example.com",
                "a@1.2.example",
                "a@x--y.example",
                "a@a-b.example",
                "a@xn--tda.example",
                "a@XN--TDA.example",
                "a@xn--strae-oqa.de",
                "a@xn--fa-hia.de",
                "a@xn--nxasmm1c.example",
                "a@xn--mgba3gch31f.example"
            })
    void ascii_address_goes_out_as_it_is(String text) {
        assertThat(usable(text)).hasToString(text);
        assertThat(usable(text).needsSmtpUtf8()).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "x@ü.example, x@xn--tda.example",
        "x@Ü.example, x@xn--tda.example",
        "x@u\u0308.example, x@xn--tda.example",
        "x@bücher.example, x@xn--bcher-kva.example",
        "x@例え.テスト, x@xn--r8jz45g.xn--zckzah",
        "x@пример.испытание, x@xn--e1afmkfd.xn--80akhbyknj4f",
        "x@مثال.إختبار, x@xn--mgbh0fb.xn--kgbechtv",
        "x@한국.example, x@xn--3e0b707e.example",
        "x@उदाहरण.परीक्षा, x@xn--p1b6ci4b4b3a.xn--11b5bs3a9aj6g"
    })
    void domain_beyond_ascii_is_converted_by_idna(String text, String onTheWire) {
        assertThat(usable(text)).hasToString(onTheWire);
        assertThat(usable(text).needsSmtpUtf8()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"jörg@example.com", "用户@例え.テスト", "é@xn--tda.example", "🔑@example.com"})
    void local_part_beyond_ascii_needs_smtputf8(String text) {
        assertThat(usable(text).needsSmtpUtf8()).isTrue();
        assertThat(usable(text).localPart()).isEqualTo(text.substring(0, text.indexOf('@')));
        assertThat(usable(text).domain()).matches("[a-z0-9.-]+");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "x@straße.example",
                "x@ΒΌΛΟΣ.example",
                "x@βόλος.example",
                "x@نامه\u200Cای.example",
                "x@☃.example",
                "x@i❤.example",
                "x@💩.example",
                "x@１２.example",
                "x@ｅｘ.example",
                "x@例。example",
                "x@ﬁ.example",
                "x@Ⅷ.example",
                "x@ü_.example",
                "x@-ü.example",
                "x@ü-.example",
                "x@xn--ü.example",
                "x@aü--b.example",
                "x@\u0301a.example",
                "x@aא.example",
                "x@½.example"
            })
    void domain_that_cannot_be_converted_in_only_one_way_is_refused(String text) {
        complaintAbout(text);
    }

    @Test
    void refused_domain_may_be_given_in_its_ascii_form() {
        assertThat(complaintAbout("x@straße.example")).contains("straße", "xn--");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "x@xn--.example",
                "x@xn--a.example",
                "x@xn--a-.example",
                "x@xn--99999999.example",
                "x@xn--zzzzzzzzzzzz.example",
                "x@xn--ls8h.example",
                "x@xn--n3h.example",
                "x@xn--wca.example",
                "x@ab--c.example",
                "x@-a.example",
                "x@a-.example",
                "x@a_b.example",
                "x@.example",
                "x@example.",
                "x@example..com",
                "x@",
                "x@ ",
                "x@127.0.0.1",
                "x@[127.0.0.1]",
                "x@[IPv6:::1]",
                "x@example.123",
                "x@example.com:25",
                "x@example.com>",
                "x@exam\u00ADple.com"
            })
    void domain_that_is_none_is_refused(String text) {
        complaintAbout(text);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "nobody",
                "@example.com",
                ".a@example.com",
                "a.@example.com",
                "a..b@example.com",
                "a b@example.com",
                "a\u00A0b@example.com",
                "a,b@example.com",
                "a@b,c@d",
                "a@b, c@d",
                "a;b@example.com",
                "a@b@example.com",
                "\"a\"@example.com",
                "\"a b\"@example.com",
                "a\\b@example.com",
                "(x)a@example.com",
                "a@example.com(x)",
                "<a@example.com>",
                "A <a@example.com>",
                "mailto:a@example.com",
                " a@example.com",
                "a@example.com ",
                "a@example.com\n",
                "a\r\nRCPT TO:<b@example.com>@example.com",
                "a\u0000@example.com",
                "a\u0085@example.com",
                "a\u200B@example.com",
                "a\u200D@example.com",
                "a\uFE0F@example.com",
                "a\u2028b@example.com",
                "a\uE000@example.com",
                "a\uD800@example.com",
                "ａ@example.com",
                "e\u0301@example.com"
            })
    void what_is_not_one_plain_address_is_refused(String text) {
        complaintAbout(text);
    }

    /** The low byte of U+0144 is the letter D. */
    @Test
    void no_character_is_cut_to_its_low_byte() {
        assertThat(usable("x@\u0144.example").domain())
                .isEqualTo("xn--vfa.example")
                .isNotEqualTo("D.example");
        assertThat(usable("\u0144@example.com").localPart()).isEqualTo("\u0144");
    }

    @Test
    void lengths_are_those_of_the_wire_in_bytes() {
        String label = "a".repeat(63);
        usable("l".repeat(64) + "@example.com");
        usable("é".repeat(32) + "@example.com");
        usable("x@" + label + ".example");
        usable("x@" + (label + ".").repeat(3) + "a".repeat(60));

        complaintAbout("l".repeat(65) + "@example.com");
        complaintAbout("é".repeat(33) + "@example.com");
        complaintAbout("x@a" + label + ".example");
        complaintAbout("x@" + (label + ".").repeat(3) + "a".repeat(61));
        complaintAbout("x@" + "ü".repeat(63) + ".example");
        complaintAbout("x@" + ("ü".repeat(20) + ".").repeat(10) + "example");
        complaintAbout("a".repeat(100_000) + "@example.com");
    }
}
