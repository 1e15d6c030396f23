package io.keylapse.http;

import java.text.Normalizer;

/**
 * CSV cells (RFC 4180) that are safe to open in a spreadsheet: it shows the text and does not run it as a formula.
 *
 * <p>Each cell is quoted. A {@code '} in front makes a spreadsheet treat it as text. It is added where the first visible
 * character starts a formula, and where the cell starts with a tab or a line break. Some spreadsheets split a cell at {@code
 * ;} or tab, so the text after one of these is checked in the same way; if it is guarded, the whole cell is guarded too.
 *
 * @see <a href="https://owasp.org/www-community/attacks/CSV_Injection">OWASP, CSV injection</a>
 */
public final class CsvCell {
    /** Includes U+2212, the minus sign: some Japanese encodings turn it into the hyphen. */
    private static final String STARTS_FORMULA = "=+-@\u2212";

    private static final String STARTS_CELL = ";\t\r\n";
    private static final int ASCII = 0x80;

    private CsvCell() {}

    /** Appends the text as a cell, without a comma after it. */
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

    /** Includes the full-width, small and superscript forms, because spreadsheets may turn them into the plain sign. */
    private static boolean startsFormula(int c) {
        return c < ASCII
                ? STARTS_FORMULA.indexOf(c) >= 0
                : STARTS_FORMULA.contains(Normalizer.normalize(Character.toString(c), Normalizer.Form.NFKC));
    }

    /**
     * Characters that a spreadsheet may drop before it looks for a formula: spaces, invisible characters, marks and quotes.
     */
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

    /** Letters and symbols that are blank: the Hangul fillers and the blank Braille pattern. */
    private static boolean isFiller(int c) {
        return c == 0x115F || c == 0x1160 || c == 0x2800 || c == 0x3164 || c == 0xFFA0;
    }
}
