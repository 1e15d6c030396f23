package io.keylapse.key.input;

import java.util.Locale;
import java.util.Optional;
import java.util.function.IntPredicate;

/** Validation of texts from users: one printable line, in any language. */
public final class PlainText {
    private PlainText() {}

    /** Whether a text has only white space and invisible characters. */
    public static boolean isBlank(String text) {
        return text.codePoints().allMatch(c -> isSpace(c) || Character.getType(c) == Character.FORMAT);
    }

    /**
     * Validates a text. Refuses texts that are too long, control characters (including NUL and line breaks), and halves of
     * surrogate pairs, which UTF-8 cannot encode.
     *
     * @param max maximum length in code points
     * @return what is wrong: a predicate that follows the name of the field; empty if nothing is
     */
    public static Optional<String> complaint(String text, int max) {
        int length = text.codePointCount(0, text.length());
        if (length > max) {
            return Optional.of("must be at most " + max + " characters, but has " + length);
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

    /**
     * Validates a name. Refuses what {@link #complaint} refuses, white space at either end, and characters that are
     * invisible or change the direction of writing: two names that look the same could otherwise differ. ZWNJ, ZWJ and
     * variation selectors are allowed, because some scripts and emoji need them.
     *
     * @param max maximum length in code points
     */
    public static Optional<String> complaintAboutName(String text, int max) {
        return complaint(text, max)
                .or(() -> complaintAboutEnds(text))
                .or(() -> complaintAboutAny(text, PlainText::isInvisible));
    }

    /**
     * Validates an owner. Refuses what {@link #complaintAboutName} refuses, and the invisible characters that are allowed in
     * names, because owners are compared and revoked by their exact text.
     *
     * @param max maximum length in code points
     */
    public static Optional<String> complaintAboutOwner(String text, int max) {
        return complaintAboutName(text, max).or(() -> complaintAboutAny(text, PlainText::isJoinerOrSelector));
    }

    private static Optional<String> complaintAboutEnds(String text) {
        return !text.isEmpty() && (isSpace(text.codePointAt(0)) || isSpace(text.codePointBefore(text.length())))
                ? Optional.of("must not begin or end with white space")
                : Optional.empty();
    }

    private static Optional<String> complaintAboutAny(String text, IntPredicate refused) {
        return text.codePoints()
                .filter(refused)
                .mapToObj(c -> "must not contain " + codePoint(c) + ", which cannot be seen")
                .findFirst();
    }

    /** Unicode's {@code White_Space}, and the separators of the JDK and of ASCII. */
    private static boolean isSpace(int c) {
        return Character.isWhitespace(c) || Character.isSpaceChar(c);
    }

    /** Soft hyphen, direction marks and isolates, zero-width spaces and joiners, byte order mark. */
    private static boolean isInvisible(int c) {
        return switch (c) {
            case 0x00AD, 0x061C, 0x180E, 0x200B, 0x200E, 0x200F, 0xFEFF -> true;
            default -> (0x202A <= c && c <= 0x202E) || (0x2060 <= c && c <= 0x2069);
        };
    }

    /** ZWNJ, ZWJ, and characters with Unicode's property {@code Variation_Selector}. */
    private static boolean isJoinerOrSelector(int c) {
        return c == 0x200C
                || c == 0x200D
                || (0x180B <= c && c <= 0x180F)
                || (0xFE00 <= c && c <= 0xFE0F)
                || (0xE0100 <= c && c <= 0xE01EF);
    }

    /** Unicode notation of a character, such as {@code U+00AD}. */
    public static String codePoint(int c) {
        return String.format(Locale.ROOT, "U+%04X", c);
    }

    /** The text in double quotes, with quotes and backslashes inside it escaped. */
    public static String quoted(String text) {
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }
}
