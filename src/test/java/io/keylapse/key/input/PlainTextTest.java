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

    /** As documented in API.md, "Texts". */
    private static boolean isRefusedAnywhere(int c) {
        return Character.getType(c) == Character.CONTROL
                || Character.getType(c) == Character.SURROGATE
                || "\u00AD\u061C\u180E\u200B\u200E\u200F\u2028\u2029\u202A\u202B\u202C\u202D\u202E\uFEFF".indexOf(c)
                        >= 0
                || (c >= 0x2060 && c <= 0x2069);
    }

    private static boolean isJoinerOrSelector(int c) {
        return c == 0x200C
                || c == 0x200D
                || (c >= 0x180B && c <= 0x180D)
                || c == 0x180F
                || (c >= 0xFE00 && c <= 0xFE0F)
                || (c >= 0xE0100 && c <= 0xE01EF);
    }

    /** {@code White_Space=yes} in Unicode's PropList.txt. */
    private static boolean isWhiteSpace(int c) {
        return (c >= 0x9 && c <= 0xD)
                || (c >= 0x2000 && c <= 0x200A)
                || " \u0085\u00A0\u1680\u2028\u2029\u202F\u205F\u3000".indexOf(c) >= 0;
    }

    @Test
    void new_name_or_owner_has_no_character_that_cannot_be_seen_and_any_other() {
        for (int c = 0; c <= Character.MAX_CODE_POINT; c++) {
            String text = "a" + Character.toString(c) + "b";
            assertThat(PlainText.complaintAboutName(text, 200).isPresent())
                    .as("name with U+%04X", c)
                    .isEqualTo(isRefusedAnywhere(c));
            assertThat(PlainText.complaintAboutOwner(text, 200).isPresent())
                    .as("owner with U+%04X", c)
                    .isEqualTo(isRefusedAnywhere(c) || isJoinerOrSelector(c));
        }
    }

    @Test
    void new_name_or_owner_has_no_white_space_at_either_end_and_may_have_it_inside() {
        for (int c = 0; c <= Character.MAX_CODE_POINT; c++) {
            boolean refused = isWhiteSpace(c) || isRefusedAnywhere(c);
            String space = Character.toString(c);
            for (String text : new String[] {space, space + "a", "a" + space}) {
                assertThat(PlainText.complaintAboutName(text, 200).isPresent())
                        .as("name of %s with U+%04X at an end", text.length(), c)
                        .isEqualTo(refused);
                assertThat(PlainText.complaintAboutOwner(text, 200).isPresent())
                        .as("owner of %s with U+%04X at an end", text.length(), c)
                        .isEqualTo(refused || isJoinerOrSelector(c));
            }
        }
        assertThat(PlainText.complaintAboutOwner("Acme \u00A0\u3000Ltd", 200)).isEmpty();
        assertThat(PlainText.complaintAboutName("", 200)).isEmpty();
    }

    @Test
    void character_that_cannot_be_seen_is_named() {
        assertThat(PlainText.complaintAboutName("a\u200Bb", 200))
                .get()
                .asString()
                .contains("U+200B");
        assertThat(PlainText.complaintAboutOwner("a\uDB40\uDD00b", 200))
                .get()
                .asString()
                .contains("U+E0100");
    }
}
