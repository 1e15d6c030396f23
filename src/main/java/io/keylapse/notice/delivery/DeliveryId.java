package io.keylapse.notice.delivery;

import io.keylapse.key.PublicId;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/** The public id of a delivery: {@code dlv_} and 22 characters. */
public record DeliveryId(UUID value) {
    private static final String PREFIX = "dlv_";
    private static final SecureRandom RANDOM = new SecureRandom();

    /** A new id for a delivery that is created at this instant. */
    public static DeliveryId generate(Instant at) {
        return new DeliveryId(PublicId.timeOrdered(at.toEpochMilli(), RANDOM));
    }

    /** Parses an id; empty if the text does not have the form of one. */
    public static Optional<DeliveryId> parse(String text) {
        return PublicId.parse(PREFIX, text).map(DeliveryId::new);
    }

    @Override
    public String toString() {
        return PublicId.format(PREFIX, value);
    }
}
