package io.keylapse.app.settings;

import io.keylapse.key.input.PlainText;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The text of settings, without what shells, editors and files of secrets add around it. */
final class SettingText {
    /** White space as Unicode defines it, and the byte order mark that some editors write first. */
    private static final String BLANK = "[\\p{IsWhite_Space}\\uFEFF]";

    private static final Pattern AROUND = Pattern.compile("\\A" + BLANK + "+|" + BLANK + "+\\z");
    private static final Pattern BETWEEN_ITEMS = Pattern.compile("[,\\r\\n]");

    private SettingText() {}

    /** The text without white space at its ends. */
    static String trim(String text) {
        return AROUND.matcher(text).replaceAll("");
    }

    /** The text, trimmed, unless nothing is left of it: a blank setting is not set. */
    static Optional<String> given(String text) {
        return Optional.of(trim(text)).filter(trimmed -> !trimmed.isEmpty());
    }

    /** What no setting makes sense with, if it has any: a control character or half of a surrogate pair. */
    static Optional<String> complaint(String text) {
        return PlainText.complaint(text, Integer.MAX_VALUE);
    }

    /** The items of a list, which are separated by commas or line ends. Blank ones are dropped. */
    static List<String> items(String list) {
        return Stream.of(BETWEEN_ITEMS.split(list))
                .flatMap(item -> given(item).stream())
                .toList();
    }
}
