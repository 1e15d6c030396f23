package io.keylapse.security;

import java.time.Duration;

/** The result of authenticating a caller of the management API. */
public sealed interface Access {
    /** The credential is valid. */
    record Granted(Caller caller) implements Access {}

    /** There is no credential. */
    record Missing() implements Access {}

    /** The credential is invalid. */
    record Refused() implements Access {}

    /** The credential is invalid, and the address has exceeded the limit for invalid ones. */
    record Limited(Duration retryAfter) implements Access {}
}
