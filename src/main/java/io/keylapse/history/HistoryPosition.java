package io.keylapse.history;

import java.util.Optional;
import java.util.UUID;

/**
 * Position of Postgres in its history.
 *
 * @param wal flushed position of the write-ahead log, in bytes; it never goes back within one history
 * @param milestone latest milestone: Keylapse stores a new random id in Postgres every 10 seconds. A copy of the database
 *     that was made earlier does not have it
 */
public record HistoryPosition(History history, long wal, UUID milestone) {
    private static final int WORDS = 8;

    /** Text form for marks in Redis: eight words. */
    public String text() {
        return String.join(
                " ",
                history.installation().toString(),
                Long.toString(history.system()),
                Integer.toString(history.timeline()),
                Long.toString(history.database()),
                Long.toString(history.schema()),
                Long.toString(history.table()),
                Long.toString(wal),
                milestone.toString());
    }

    /** Parses the text form; empty if the text has another form. */
    public static Optional<HistoryPosition> of(String text) {
        String[] words = text.split(" ", -1);
        if (words.length != WORDS) {
            return Optional.empty();
        }
        try {
            return Optional.of(new HistoryPosition(
                    new History(
                            UUID.fromString(words[0]),
                            Long.parseLong(words[1]),
                            Integer.parseInt(words[2]),
                            Long.parseLong(words[3]),
                            Long.parseLong(words[4]),
                            Long.parseLong(words[5])),
                    Long.parseLong(words[6]),
                    UUID.fromString(words[7])));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }
}
