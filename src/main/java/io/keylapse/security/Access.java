package io.keylapse.security;

import java.time.Duration;

/** What the gatekeeper says to a credential. */
public sealed interface Access {
    /** It is good. */
    record Granted(Caller caller) implements Access {}

    /** There was none. */
    record Missing() implements Access {}

    /** It is bad. */
    record Refused() implements Access {}

    /** It is bad, and so were too many before from the same address. */
    record Limited(Duration retryAfter) implements Access {}
}
