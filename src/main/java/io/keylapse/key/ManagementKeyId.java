package io.keylapse.key;

import java.security.SecureRandom;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/** Public id of a management key: {@code mgmt_} and 22 characters. */
public record ManagementKeyId(UUID value) {
    /** Id of the key in {@code KEYLAPSE_ADMIN_KEY}, which is in no table. */
    public static final ManagementKeyId ENVIRONMENT = new ManagementKeyId(new UUID(0, 0));

    /** Common id of all keys in {@code KEYLAPSE_FORMER_ADMIN_KEYS}, so that records show that one is still in use. */
    public static final ManagementKeyId FORMER_ENVIRONMENT = new ManagementKeyId(new UUID(0, 1));

    private static final String PREFIX = "mgmt_";
    private static final SecureRandom RANDOM = new SecureRandom();

    /** Generates an id for a management key created at this instant. */
    public static ManagementKeyId generate(Instant createdAt) {
        return new ManagementKeyId(PublicId.timeOrdered(createdAt.toEpochMilli(), RANDOM));
    }

    /** Whether the key comes from the environment. Such a key is in no table, and valid as long as the process runs. */
    public boolean isOfEnvironment() {
        return equals(ENVIRONMENT) || equals(FORMER_ENVIRONMENT);
    }

    /** Parses an id; empty if the text has another form. */
    public static Optional<ManagementKeyId> parse(String text) {
        return PublicId.parse(PREFIX, text).map(ManagementKeyId::new);
    }

    @Override
    public String toString() {
        return PublicId.format(PREFIX, value);
    }
}
