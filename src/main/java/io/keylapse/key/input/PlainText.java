package io.keylapse.key.input;

import java.util.Locale;
import java.util.Optional;
import java.util.function.IntPredicate;

/** The rule for every text that people give us: something to show on one line, in any language. */
public final class PlainText {
    private PlainText() {}

    /** Whether there is nothing to see in a text: spaces of any kind, and characters that take no room. */
    public static boolean isBlank(String text) {
        return text.codePoints().allMatch(c -> isSpace(c) || Character.getType(c) == Character.FORMAT);
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

    /**
     * What keeps a text from becoming a name, if anything: what {@link #complaint} says, white space at either end, and
     * characters that take no room or turn the direction of writing. Two names that look alike would otherwise differ.
     * ZWNJ, ZWJ and variation selectors are allowed: some scripts and emoji need them.
     *
     * @param most in code points
     */
    public static Optional<String> complaintAboutName(String text, int most) {
        return complaint(text, most)
                .or(() -> complaintAboutEnds(text))
                .or(() -> complaintAboutAny(text, PlainText::isInvisible));
    }

    /**
     * What keeps a text from becoming an owner, if anything: what {@link #complaintAboutName} says, and the invisible
     * characters that it allows in names, because owners are compared and revoked by their exact text.
     *
     * @param most in code points
     */
    public static Optional<String> complaintAboutOwner(String text, int most) {
        return complaintAboutName(text, most).or(() -> complaintAboutAny(text, PlainText::isJoinerOrSelector));
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

    /** Unicode's {@code White_Space}, and the separators of JDK and ASCII. */
    private static boolean isSpace(int c) {
        return Character.isWhitespace(c) || Character.isSpaceChar(c);
    }

    /** Soft hyphen, marks and isolates of direction, spaces and joiners without width, byte order mark. */
    private static boolean isInvisible(int c) {
        return switch (c) {
            case 0x00AD, 0x061C, 0x180E, 0x200B, 0x200E, 0x200F, 0xFEFF -> true;
            default -> (0x202A <= c && c <= 0x202E) || (0x2060 <= c && c <= 0x2069);
        };
    }

    /** ZWNJ, ZWJ, and what has Unicode's property {@code Variation_Selector}. */
    private static boolean isJoinerOrSelector(int c) {
        return c == 0x200C
                || c == 0x200D
                || (0x180B <= c && c <= 0x180F)
                || (0xFE00 <= c && c <= 0xFE0F)
                || (0xE0100 <= c && c <= 0xE01EF);
    }

    /** A character as Unicode names it: {@code U+00AD}. */
    public static String codePoint(int c) {
        return String.format(Locale.ROOT, "U+%04X", c);
    }

    /** The text in double quotes, such that nothing in it can be taken for their end. */
    public static String quoted(String text) {
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }
}
