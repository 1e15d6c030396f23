package io.keylapse.key.input;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PlainTextTest {
    @ParameterizedTest
    @ValueSource(strings = {"", "acme", "Zoë & co", "日本語", "🔑", "שלום", "a\u00A0b", "e\u0301", "👩\u200D🚀", "\uFFFD"})
    void text_of_one_line_in_any_language_is_fine(String text) {
        assertThat(PlainText.complaint(text, 200)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(chars = {'\0', '\t', '\n', '\r', '\u001B', '\u007F', '\u0085', '\u009F', '\u2028', '\u2029'})
    void control_character_or_line_break_is_named_with_its_place(char control) {
        for (String text : new String[] {control + "ab", "a" + control + "b", "ab" + control}) {
            assertThat(PlainText.complaint(text, 200))
                    .get()
                    .asString()
                    .contains("U+%04X".formatted((int) control), "index " + text.indexOf(control));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"\uD83D", "a\uD83D", "\uD83Db", "\uDD11a", "\uDD11\uD83D", "\uD83D\uD83D\uDD11", "🔑\uDD11"})
    void half_of_a_surrogate_pair_is_refused(String text) {
        assertThat(PlainText.complaint(text, 200)).get().asString().contains("surrogate");
    }

    @Test
    void length_is_counted_in_characters_as_people_count_them() {
        assertThat(PlainText.complaint("🔑".repeat(200), 200)).isEmpty();
        assertThat(PlainText.complaint("🔑".repeat(201), 200)).get().asString().contains("200", "201");
        assertThat(PlainText.complaint("a", 0)).isPresent();
    }
}
