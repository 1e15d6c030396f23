package io.keylapse.audit;

import io.keylapse.key.input.InvalidInputException;
import io.keylapse.registry.audit.AuditAction;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Filter for entries of the audit trail. Null components match everything.
 *
 * @param from lower bound, inclusive
 * @param to upper bound, exclusive
 */
public record AuditFilter(
        @Nullable String actor,
        @Nullable AuditAction action,
        @Nullable String target,
        @Nullable Outcome outcome,
        @Nullable Instant from,
        @Nullable Instant to) {
    public AuditFilter {
        if (from != null && to != null && from.isAfter(to)) {
            throw new InvalidInputException("from", "must not be after to");
        }
    }

    /** Whether a call was done or refused. */
    public enum Outcome {
        DONE,
        REFUSED
    }
}
