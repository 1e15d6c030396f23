package io.keylapse.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.URLDecoder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HeaderTextTest {
    @ParameterizedTest
    @CsvSource(
            ignoreLeadingAndTrailingWhitespace = false,
            quoteCharacter = '`',
            value = {
                "acme,acme",
                "~!\"#$&'()*+-./:;<=>?@[\\]^_{|},~!\"#$&'()*+-./:;<=>?@[\\]^_{|}",
                "a b,a%20b",
                " ,%20",
                "100%,100%25",
                "%41,%2541",
                "Zoë,Zo%C3%AB",
                "🔑,%F0%9F%94%91",
                "\u007F\u00A0\u2028,%7F%C2%A0%E2%80%A8"
            })
    void only_visible_ascii_but_the_percent_sign_stays_as_it_is(String text, String expected) {
        assertThat(HeaderText.encode(text)).isEqualTo(expected);
    }

    @Test
    void line_break_cannot_end_the_header() {
        assertThat(HeaderText.encode("a\r\nb\u0000")).isEqualTo("a%0D%0Ab%00");
    }

    @Test
    void nothing_stays_nothing() {
        assertThat(HeaderText.encode("")).isEmpty();
    }

    @Test
    void every_character_is_visible_ascii_and_can_be_read_back() {
        for (int c = 0; c < 0x3000; c++) {
            String text = "a" + Character.toString(c) + "b";
            String encoded = HeaderText.encode(text);
            assertThat(encoded).matches("[\\x21-\\x7E]+");
            assertThat(URLDecoder.decode(encoded.replace("+", "%2B"), UTF_8)).isEqualTo(text);
        }
    }
}
