package io.keylapse.registry.listing;

import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Regular expressions for Postgres that match a text in any case. Each letter is written as the set of its forms, because
 * {@code ILIKE} knows only the letters of the database's locale, which may be those of ASCII.
 */
final class AnyCase {
    private static final int ASCII = 0x80;

    private AnyCase() {}

    /** The expression that matches this text anywhere. */
    static String pattern(String text) {
        return text.codePoints().mapToObj(AnyCase::forms).collect(Collectors.joining());
    }

    private static String forms(int c) {
        int upper = Character.toUpperCase(c);
        int[] forms = IntStream.of(
                        c, upper, Character.toLowerCase(c), Character.toLowerCase(upper), Character.toTitleCase(c))
                .distinct()
                .toArray();
        if (forms.length > 1) {
            return "[" + new String(forms, 0, forms.length) + "]";
        }
        String only = Character.toString(c);
        return c < ASCII && !Character.isLetterOrDigit(c) ? "\\" + only : only;
    }
}
