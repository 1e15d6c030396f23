package io.keylapse.lifecycle;

import io.keylapse.key.ApiKey;
import io.keylapse.registry.KeyRecord;
import java.util.Locale;

/** What became of a request to change a key. */
public sealed interface ChangeOutcome {
    /** There is a new key, and this is the one time that its secret is shown. */
    record Issued(KeyRecord key, ApiKey secret, Enforcement enforcement) implements ChangeOutcome {}

    /** The key is as asked. */
    record Done(KeyRecord key, Enforcement enforcement) implements ChangeOutcome {}

    /** The same request came before and made this key. */
    record Repeated(KeyRecord key) implements ChangeOutcome {}

    /** There is no such key. */
    record NotFound() implements ChangeOutcome {}

    /** The key has ended, or is replaced already, and so cannot be changed like that. */
    record Ended(KeyRecord key) implements ChangeOutcome {}

    /** Whoever holds the key may not do this. */
    record NotAllowed(KeyRecord key) implements ChangeOutcome {}

    /** The idempotency key was used for another request. */
    record IdempotencyMismatch() implements ChangeOutcome {}

    /** A request with the same idempotency key is under way. */
    record IdempotencyInProgress() implements ChangeOutcome {}

    /** How far a change has come. Postgres has it in either case. */
    enum Enforcement {
        /** Redis has it too, so every node answers by it. */
        APPLIED,
        /** Redis could not be told yet. */
        PENDING;

        /** The word for it in JSON. */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
