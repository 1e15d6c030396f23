package io.keylapse.active.trust;

import java.util.Optional;

/** How far a primary has followed Postgres, as it says itself. */
public sealed interface Mark {

    /** It has every change up to this position of the feed. */
    record At(long position) implements Mark {}

    /** It is being rebuilt, by whoever chose this word. */
    record Rebuilding(String by) implements Mark {}

    /** As Redis keeps it. */
    default String text() {
        return switch (this) {
            case At(long position) -> Long.toString(position);
            case Rebuilding(String by) -> "rebuilding " + by;
        };
    }

    /** The mark of that text; nothing for an empty one or one that is not ours. */
    static Optional<Mark> of(String text) {
        if (text.startsWith("rebuilding ")) {
            return Optional.of(new Rebuilding(text.substring("rebuilding ".length())));
        }
        return text.matches("\\d{1,18}") ? Optional.of(new At(Long.parseLong(text))) : Optional.empty();
    }
}
