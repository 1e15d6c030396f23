package io.keylapse.key.input;

import java.util.Locale;
import java.util.Optional;

/** The rule for every text that people give us: something to show on one line, in any language. */
public final class PlainText {
    private PlainText() {}

    /** Whether there is nothing to see in a text: spaces of any kind, and characters that take no room. */
    public static boolean isBlank(String text) {
        return text.codePoints()
                .allMatch(c -> Character.isWhitespace(c)
                        || Character.isSpaceChar(c)
                        || Character.getType(c) == Character.FORMAT);
    }

    /**
     * What is wrong with a text, if anything: too long, a control character (NUL and line breaks among them), or half
     * of a surrogate pair, which no UTF-8 can carry.
     *
     * @param most in code points
     */
    public static Optional<String> complaint(String text, int most) {
        int length = text.codePointCount(0, text.length());
        if (length > most) {
            return Optional.of("must be at most " + most + " characters, but has " + length);
        }
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isISOControl(c) || c == '\u2028' || c == '\u2029') {
                return Optional.of(String.format(
                        Locale.ROOT,
                        "must not contain control characters or line breaks, but has U+%04X at index %d",
                        (int) c,
                        i));
            }
            if (Character.isSurrogate(c)) {
                if (Character.isHighSurrogate(c)
                        && i + 1 < text.length()
                        && Character.isLowSurrogate(text.charAt(i + 1))) {
                    i++;
                } else {
                    return Optional.of(String.format(
                            Locale.ROOT,
                            "must not contain half of a surrogate pair, but has U+%04X at index %d",
                            (int) c,
                            i));
                }
            }
        }
        return Optional.empty();
    }

    /** The text in double quotes, such that nothing in it can be taken for their end. */
    public static String quoted(String text) {
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }
}
