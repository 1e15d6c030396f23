package io.keylapse.client;

import java.io.IOException;
import java.io.Serial;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A node gave no result. The message says why, for a log, and contains no key. */
final class NoResultException extends IOException {
    @Serial
    private static final long serialVersionUID = 1;

    private final @Nullable Duration retryAfter;

    NoResultException(String why) {
        this(why, null);
    }

    /** @param retryAfter what the node said about trying again; null if nothing */
    NoResultException(String why, @Nullable Duration retryAfter) {
        super(why);
        this.retryAfter = retryAfter;
    }

    @Nullable
    Duration retryAfter() {
        return retryAfter;
    }
}
