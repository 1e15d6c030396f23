package io.keylapse.app.embedded;

import org.jspecify.annotations.Nullable;

/**
 * Thrown when the stores cannot be started. The message is one line for a person: what happened and what to do next.
 */
public final class EmbeddedStoresException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    EmbeddedStoresException(String message) {
        this(message, null);
    }

    EmbeddedStoresException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
