package io.keylapse.history;

import java.util.Optional;
import java.util.UUID;

/**
 * A moment in a history, as Postgres told it.
 *
 * @param wal how far its write-ahead log was flushed, in bytes; this never goes back within one history
 * @param milestone the latest of the random ids that Postgres is given to remember, a new one every ten seconds. A copy
 *     that was taken earlier does not know it.
 */
public record HistoryPosition(History history, long wal, UUID milestone) {
    private static final int WORDS = 8;

    /** As Redis keeps it: eight words. */
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

    /** The moment of that text; nothing if it is none. */
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
