package io.keylapse.app.settings;

import io.keylapse.key.input.PlainText;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Trims and splits the text of settings, because shells, editors and secret files add white space. */
final class SettingText {
    /** White space as Unicode defines it, and the byte order mark that some editors add at the start. */
    private static final String BLANK = "[\\p{IsWhite_Space}\\uFEFF]";

    private static final Pattern AROUND = Pattern.compile("\\A" + BLANK + "+|" + BLANK + "+\\z");
    private static final Pattern BETWEEN_ITEMS = Pattern.compile("[,\\r\\n]");

    private SettingText() {}

    /** The text without white space at its ends. */
    static String trim(String text) {
        return AROUND.matcher(text).replaceAll("");
    }

    /** The trimmed text; empty if nothing is left, because a blank setting counts as not set. */
    static Optional<String> given(String text) {
        return Optional.of(trim(text)).filter(trimmed -> !trimmed.isEmpty());
    }

    /**
     * Why the text is invalid for any setting: it has a control character or half of a surrogate pair. Empty if it is
     * valid.
     */
    static Optional<String> complaint(String text) {
        return PlainText.complaint(text, Integer.MAX_VALUE);
    }

    /** The items of a list, separated by commas or line ends, without blank ones. */
    static List<String> items(String list) {
        return Stream.of(BETWEEN_ITEMS.split(list))
                .flatMap(item -> given(item).stream())
                .toList();
    }
}
