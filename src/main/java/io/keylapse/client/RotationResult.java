package io.keylapse.client;

import java.time.Duration;

/** The result of a rotation by a key holder. */
public sealed interface RotationResult {
    /**
     * The key has a successor.
     *
     * @param key the secret of the successor, which the service shows only this once
     */
    record Rotated(String key) implements RotationResult {
        /** Omits the key. */
        @Override
        public String toString() {
            return "Rotated[REDACTED]";
        }
    }

    /**
     * The service did not rotate the key.
     *
     * @param status the status of HTTP, such as 409
     * @param code the code of the problem, such as {@code KEY_ENDED}; empty if there is none
     */
    record Refused(int status, String code) implements RotationResult {}

    /**
     * No node has given an answer. The key may have been rotated, and the rotation can be repeated.
     *
     * @param retryAfter how long to wait before that
     * @param why for a log
     */
    record Unanswered(Duration retryAfter, String why) implements RotationResult {}
}
