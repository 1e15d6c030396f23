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

    /** A new id for a webhook that is created at this instant. */
    public static WebhookId generate(Instant at) {
        return new WebhookId(PublicId.timeOrdered(at.toEpochMilli(), RANDOM));
    }

    /** Parses an id; empty if the text does not have the form of one. */
    public static Optional<WebhookId> parse(String text) {
        return PublicId.parse(PREFIX, text).map(WebhookId::new);
    }

    @Override
    public String toString() {
        return PublicId.format(PREFIX, value);
    }
}
