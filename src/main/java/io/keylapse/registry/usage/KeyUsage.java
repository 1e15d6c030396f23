package io.keylapse.registry.usage;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * When a key was used.
 *
 * @param lastUsedAt the latest recorded instant at which it was accepted; null if there is none
 * @param refused refusals since it was last accepted; null if there are none
 */
public record KeyUsage(
        @Nullable Instant lastUsedAt, @Nullable Refusals refused) {
    /** Nothing is known. */
    public static final KeyUsage NONE = new KeyUsage(null, null);

    /**
     * Refusals of a key after its end.
     *
     * @param count about how many; a lost connection to Postgres may count some twice
     */
    public record Refusals(Instant first, Instant last, long count) {}
}
