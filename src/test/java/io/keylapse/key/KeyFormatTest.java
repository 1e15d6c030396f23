package io.keylapse.key;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KeyFormatTest {
    /** Checksums computed with zlib's crc32, independently of this program; the last one begins with zeros. */
    private static final List<String> KNOWN = List.of(
            "kl_00000000000000000000000000000047KgEW",
            "kl_0123456789ABCDEFGHIJKLMNOPQRST1tpXnt",
            "kl_AbCdEfGhIjKlMnOpQrStUvWxYz01230FdYIq",
            "kl_00000000000000000000000000025700WZpE");

    private final KeyFormat format = new KeyFormat("kl", List.of());

    @Test
    void known_keys_are_keys() {
        assertThat(KNOWN).allSatisfy(text -> {
            assertThat(format.hasForm(text)).isTrue();
            assertThat(format.parse(text).orElseThrow().reveal()).isEqualTo(text);
        });
    }

    @Test
    void generated_key_has_the_form_and_is_never_the_same() {
        var seen = new HashSet<String>();
        for (int i = 0; i < 1000; i++) {
            String text = format.generate().reveal();
            assertThat(text).matches("kl_[0-9A-Za-z]{36}");
            assertThat(format.parse(text)).isPresent();
            assertThat(seen.add(text)).isTrue();
        }
    }

    @Test
    void every_typo_of_one_character_and_every_swap_of_neighbours_is_found() {
        for (String text : KNOWN) {
            for (int i = 0; i < text.length(); i++) {
                for (char c : "09AZaz_-\u00E9\uFF10".toCharArray()) {
                    if (c != text.charAt(i)) {
                        assertThat(format.parse(text.substring(0, i) + c + text.substring(i + 1)))
                                .isEmpty();
                    }
                }
                if (i > 0 && text.charAt(i) != text.charAt(i - 1)) {
                    assertThat(format.parse(text.substring(0, i - 1)
                                    + text.charAt(i)
                                    + text.charAt(i - 1)
                                    + text.substring(i + 1)))
                            .isEmpty();
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "kl",
                "kl_",
                "0123456789ABCDEFGHIJKLMNOPQRST1tpXnt",
                "_0123456789ABCDEFGHIJKLMNOPQRST1tpXnt",
                "kl_0123456789ABCDEFGHIJKLMNOPQRST1tpXn",
                "kl_0123456789ABCDEFGHIJKLMNOPQRST1tpXnt0",
                " kl_0123456789ABCDEFGHIJKLMNOPQRST1tpXnt",
                "kl_0123456789ABCDEFGHIJKLMNOPQRST1tpXnt\n",
                "pk_0123456789ABCDEFGHIJKLMNOPQRST1tpXnt",
                "kl-0123456789ABCDEFGHIJKLMNOPQRST1tpXnt",
                "kl_٠123456789ABCDEFGHIJKLMNOPQRST1tpXnt"
            })
    void other_texts_have_not_the_form(String text) {
        assertThat(format.hasForm(text)).isFalse();
        assertThat(format.parse(text)).isEmpty();
    }

    @Test
    void wrong_checksum_has_the_form_but_is_no_key() {
        String text = "kl_0123456789ABCDEFGHIJKLMNOPQRST1tpXnu";

        assertThat(format.hasForm(text)).isTrue();
        assertThat(format.parse(text)).isEmpty();
    }

    @Test
    void former_prefixes_are_recognised_and_only_the_current_one_is_given_out() {
        var renamed = new KeyFormat("acme_live", List.of("kl", "acme"));

        assertThat(renamed.generate().reveal()).startsWith("acme_live_");
        assertThat(renamed.parse("acme_live_zzzzzzzzzzzzzzzzzzzzzzzzzzzzzz4T4zUE"))
                .isPresent();
        assertThat(renamed.parse(KNOWN.getFirst())).isPresent();
        assertThat(renamed.parse("pk" + KNOWN.getFirst().substring(2))).isEmpty();
        assertThat(format.parse(renamed.generate().reveal())).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a-b", "a b", "é", "seventeen_letters", "a\n"})
    void prefix_of_another_form_is_refused(String prefix) {
        assertThatIllegalArgumentException().isThrownBy(() -> new KeyFormat(prefix, List.of()));
        assertThatIllegalArgumentException().isThrownBy(() -> new KeyFormat("kl", List.of(prefix)));
    }

    @Test
    void prefix_may_have_sixteen_characters() {
        var longest = new KeyFormat("Sixteen_letters0", List.of());

        assertThat(longest.parse(longest.generate().reveal())).isPresent();
    }
}
