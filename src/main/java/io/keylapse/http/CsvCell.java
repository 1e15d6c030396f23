package io.keylapse.http;

import java.text.Normalizer;

/**
 * A text as a cell of CSV (RFC 4180) that a spreadsheet shows and does not run.
 *
 * <p>The cell is quoted. A {@code '} in front makes a spreadsheet take it for text. It is set where the first visible
 * character is one that starts a formula, and where a tab or a line break stands first. A spreadsheet that separates
 * columns by {@code ;} or tab splits a cell there, so what follows one of these is guarded in the same way, and so is the
 * whole cell then.
 *
 * @see <a href="https://owasp.org/www-community/attacks/CSV_Injection">OWASP, CSV injection</a>
 */
public final class CsvCell {
    /** With the minus sign, which some encodings of Japanese turn into the hyphen. */
    private static final String STARTS_FORMULA = "=+-@\u2212";

    private static final String STARTS_CELL = ";\t\r\n";
    private static final int ASCII = 0x80;

    private CsvCell() {}

    /** Appends the text as a cell, without the comma behind it. */
    public static void append(String text, StringBuilder line) {
        line.append('"');
        int start = line.length();
        boolean guarded = !text.isEmpty() && STARTS_CELL.indexOf(text.charAt(0), 1) >= 0;
        int part = start;
        boolean blankSoFar = true;
        for (int i = 0; i < text.length(); ) {
            int c = text.codePointAt(i);
            i += Character.charCount(c);
            if (blankSoFar && !isBlank(c)) {
                blankSoFar = false;
                if (startsFormula(c)) {
                    guarded = true;
                    if (part > start) {
                        line.insert(part, '\'');
                    }
                }
            }
            line.appendCodePoint(c);
            if (c == '"') {
                line.append('"');
            }
            if (STARTS_CELL.indexOf(c) >= 0) {
                part = line.length();
                blankSoFar = true;
            }
        }
        if (guarded) {
            line.insert(start, '\'');
        }
        line.append('"');
    }

    /** Also in full width, as small form or raised, all of which spreadsheets may turn into the plain sign. */
    private static boolean startsFormula(int c) {
        return c < ASCII
                ? STARTS_FORMULA.indexOf(c) >= 0
                : STARTS_FORMULA.contains(Normalizer.normalize(Character.toString(c), Normalizer.Form.NFKC));
    }

    /** What a spreadsheet may drop before it looks for a formula: spaces, invisible characters, marks, and quotes. */
    private static boolean isBlank(int c) {
        if (c < ASCII) {
            return c <= ' ' || c == '"' || c == 0x7F;
        }
        return switch (Character.getType(c)) {
            case Character.SPACE_SEPARATOR,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.CONTROL,
                    Character.FORMAT,
                    Character.UNASSIGNED,
                    Character.NON_SPACING_MARK,
                    Character.ENCLOSING_MARK -> true;
            default -> isFiller(c);
        };
    }

    /** Letters and symbols without ink: the fillers of Hangul, and the empty pattern of Braille. */
    private static boolean isFiller(int c) {
        return c == 0x115F || c == 0x1160 || c == 0x2800 || c == 0x3164 || c == 0xFFA0;
    }
}
