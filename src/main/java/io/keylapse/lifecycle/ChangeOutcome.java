package io.keylapse.lifecycle;

import io.keylapse.key.ApiKey;
import io.keylapse.registry.KeyRecord;
import java.time.Duration;
import java.util.Locale;

/** The outcome of a request to issue or change a key. */
public sealed interface ChangeOutcome {
    /** A new key. Its secret is shown only here. */
    record Issued(KeyRecord key, ApiKey secret, Enforcement enforcement) implements ChangeOutcome {}

    /** The key is now as requested. */
    record Done(KeyRecord key, Enforcement enforcement) implements ChangeOutcome {}

    /** The same request was sent before and created this key. */
    record Repeated(KeyRecord key) implements ChangeOutcome {}

    /** There is no such key. */
    record NotFound() implements ChangeOutcome {}

    /** The key has ended or was replaced, so the change is not possible. */
    record Ended(KeyRecord key) implements ChangeOutcome {}

    /** The key holder may not do this. */
    record NotAllowed(KeyRecord key) implements ChangeOutcome {}

    /** The key holder has done this too often. It is allowed again after {@code retryAfter}. */
    record TooMany(KeyRecord key, Duration retryAfter) implements ChangeOutcome {}

    /** The idempotency key was used for another request. */
    record IdempotencyMismatch() implements ChangeOutcome {}

    /** A request with the same idempotency key is in progress. */
    record IdempotencyInProgress() implements ChangeOutcome {}

    /** Whether a committed change is in Redis too. */
    enum Enforcement {
        /** It is in Redis, so every node uses it. */
        APPLIED,
        /** It is not in Redis yet. Every node learns of it within the revocation bound. */
        PENDING;

        /** Its name in JSON. */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
