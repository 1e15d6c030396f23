package io.keylapse.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CsvCellTest {
    private static String cell(String text) {
        var line = new StringBuilder();
        CsvCell.append(text, line);
        return line.toString();
    }

    @Test
    void text_is_quoted_and_quotes_in_it_are_doubled() {
        assertThat(cell("safe")).isEqualTo("\"safe\"");
        assertThat(cell("")).isEqualTo("\"\"");
        assertThat(cell("a \"b\", c\r\nd")).isEqualTo("\"a \"\"b\"\", c\r\nd\"");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "=1",
                "+1",
                "-1",
                "@A1",
                // Full width, small form, superscript and subscript, minus sign.
                "\uFF1D1",
                "\uFF0B1",
                "\uFF0D1",
                "\uFF201",
                "\uFE661",
                "\uFE621",
                "\uFE631",
                "\uFE6B1",
                "\u207C1",
                "\u207A1",
                "\u207B1",
                "\u208C1",
                "\u208A1",
                "\u208B1",
                "\u22121",
                "\tx",
                "\rx",
                "\nx"
            })
    void sign_that_starts_a_formula_is_guarded(String text) {
        assertThat(cell(text)).isEqualTo("\"'" + text + "\"");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                " ",
                "   ",
                "\u000B",
                "\f",
                "\0",
                "\u0085",
                "\u00A0",
                "\u00AD",
                "\u1680",
                "\u2000",
                "\u200B",
                "\u200D",
                "\u200F",
                "\u2028",
                "\u202E",
                "\u2060",
                "\u3000",
                "\uFE0F",
                "\u034F",
                "\uFEFF",
                "\u3164",
                "\u2800",
                "\u180E",
                "\uDB40\uDC01",
                "\"",
                " \u00A0\u200B\uFEFF\""
            })
    void sign_behind_invisible_characters_is_guarded(String blanks) {
        for (String sign : new String[] {"=", "-", "\uFF1D"}) {
            assertThat(cell(blanks + sign + "1")).startsWith("\"'");
            assertThat(cell("x;" + blanks + sign + "1")).startsWith("\"'x;'");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"x;=1", "x\t=1", "x; \u00A0\uFF1D1", "x\r\n=1", ";=1", ";;=1", "a;b;+1", "\"x\";\"=1\"", "=1;=2"
            })
    void no_part_starts_a_formula_where_a_spreadsheet_splits_the_cell(String text) {
        String content = cell(text).substring(1, cell(text).length() - 1).replace("\"\"", "\"");

        assertThat(content).startsWith("'");
        assertThat(content.split("[;\t\r\n]"))
                .allSatisfy(
                        part -> assertThat(part.replaceAll("[\\s\u00A0\"]", "")).doesNotMatch("[=+\uFF1D].*"));
        assertThat(content.replace("'", "")).isEqualTo(text);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a=1",
                "night - build",
                "a@example.org",
                "x;y",
                "x; y = 1",
                "x\ty",
                "'=1",
                "~\u2260",
                "\u2014 dash",
                "e\u0301=",
                "1-2",
                "\uD83D\uDD11=",
                "a,=1",
                "",
                " ",
                ";",
                "\u2013"
            })
    void other_texts_are_left_as_they_are(String text) {
        assertThat(cell(text)).isEqualTo("\"" + text + "\"");
    }
}
