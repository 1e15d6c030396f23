package io.keylapse.active.trust;

import io.keylapse.history.HistoryPosition;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Value in each Redis primary that says which Postgres it follows, and up to which position of the change feed. */
public sealed interface Mark {

    /** The point in the history of Postgres at which the mark was written. */
    HistoryPosition moment();

    /** The primary has every change up to this position of the change feed. */
    record At(HistoryPosition moment, long position) implements Mark {}

    /**
     * The primary is being rebuilt.
     *
     * @param by random id of the rebuild, without white space; empty after the rebuild failed
     */
    record Rebuilding(HistoryPosition moment, String by) implements Mark {}

    /** Text form, as Redis stores it. */
    default String text() {
        return switch (this) {
            case At(HistoryPosition moment, long position) -> moment.text() + " at " + position;
            case Rebuilding(HistoryPosition moment, String by) -> moment.text() + " rebuilding " + by;
        };
    }

    /** Parses the text form; empty if the text is empty or no mark. */
    static Optional<Mark> of(String text) {
        Matcher parts = Text.PATTERN.matcher(text);
        if (!parts.matches()) {
            return Optional.empty();
        }
        return HistoryPosition.of(parts.group(1))
                .map(moment -> parts.group(2) != null
                        ? new At(moment, Long.parseLong(parts.group(2)))
                        : new Rebuilding(moment, parts.group(3)));
    }

    /** Text form of a mark. */
    final class Text {
        private static final Pattern PATTERN = Pattern.compile("(.*) (?:at (\\d{1,18})|rebuilding (\\S*))");

        private Text() {}
    }
}
