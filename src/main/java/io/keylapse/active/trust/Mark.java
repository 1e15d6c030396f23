package io.keylapse.active.trust;

import io.keylapse.history.HistoryPosition;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Which Postgres a primary follows, and how far it has followed, as it says itself. */
public sealed interface Mark {

    /** The moment in Postgres at which it was written. */
    HistoryPosition moment();

    /** It has every change up to this position of the feed. */
    record At(HistoryPosition moment, long position) implements Mark {}

    /**
     * It is being rebuilt.
     *
     * @param by who rebuilds it, a word of his choice; empty when he gave up
     */
    record Rebuilding(HistoryPosition moment, String by) implements Mark {}

    /** As Redis keeps it. */
    default String text() {
        return switch (this) {
            case At(HistoryPosition moment, long position) -> moment.text() + " at " + position;
            case Rebuilding(HistoryPosition moment, String by) -> moment.text() + " rebuilding " + by;
        };
    }

    /** The mark of that text; nothing for an empty one or one that is not ours. */
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

    /** What a mark looks like. */
    final class Text {
        private static final Pattern PATTERN = Pattern.compile("(.*) (?:at (\\d{1,18})|rebuilding (\\S*))");

        private Text() {}
    }
}
