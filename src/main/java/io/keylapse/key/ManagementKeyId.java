package io.keylapse.key;

import java.security.SecureRandom;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/** The public id of a credential for the management API: {@code mgmt_} and 22 characters. */
public record ManagementKeyId(UUID value) {
    /** Stands for the key in {@code KEYLAPSE_ADMIN_KEY}, which is in no table. */
    public static final ManagementKeyId ENVIRONMENT = new ManagementKeyId(new UUID(0, 0));

    /** Stands for every key in {@code KEYLAPSE_FORMER_ADMIN_KEYS}, so that a record shows who still uses one. */
    public static final ManagementKeyId FORMER_ENVIRONMENT = new ManagementKeyId(new UUID(0, 1));

    private static final String PREFIX = "mgmt_";
    private static final SecureRandom RANDOM = new SecureRandom();

    /** A new id for a management key made at that instant. */
    public static ManagementKeyId generate(Instant createdAt) {
        return new ManagementKeyId(PublicId.timeOrdered(createdAt.toEpochMilli(), RANDOM));
    }

    /** Whether the key is in the environment and in no table: it is good for as long as the process lives. */
    public boolean isOfEnvironment() {
        return equals(ENVIRONMENT) || equals(FORMER_ENVIRONMENT);
    }

    /** The id that this text is, or nothing when it has another form. */
    public static Optional<ManagementKeyId> parse(String text) {
        return PublicId.parse(PREFIX, text).map(ManagementKeyId::new);
    }

    @Override
    public String toString() {
        return PublicId.format(PREFIX, value);
    }
}
