package io.keylapse.registry.outbox;

import io.keylapse.key.PublicId;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/** The public id of a notice: {@code msg_} and 22 characters. Receivers use it to drop repeated deliveries. */
public record NoticeId(UUID value) {
    private static final String PREFIX = "msg_";
    private static final SecureRandom RANDOM = new SecureRandom();

    /** A new id for a notice that is written at that instant. */
    public static NoticeId generate(Instant at) {
        return new NoticeId(PublicId.timeOrdered(at.toEpochMilli(), RANDOM));
    }

    /** Parses an id; empty if the text has another form. */
    public static Optional<NoticeId> parse(String text) {
        return PublicId.parse(PREFIX, text).map(NoticeId::new);
    }

    @Override
    public String toString() {
        return PublicId.format(PREFIX, value);
    }
}
