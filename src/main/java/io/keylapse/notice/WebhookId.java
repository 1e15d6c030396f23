package io.keylapse.notice;

import io.keylapse.key.PublicId;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/** The public id of a webhook: {@code wh_} and 22 characters. */
public record WebhookId(UUID value) {
    private static final String PREFIX = "wh_";
    private static final SecureRandom RANDOM = new SecureRandom();

    /** A new id for one made at that instant. */
    public static WebhookId generate(Instant at) {
        return new WebhookId(PublicId.timeOrdered(at.toEpochMilli(), RANDOM));
    }

    /** The id that this text is, or nothing when it has another form. */
    public static Optional<WebhookId> parse(String text) {
        return PublicId.parse(PREFIX, text).map(WebhookId::new);
    }

    @Override
    public String toString() {
        return PublicId.format(PREFIX, value);
    }
}
