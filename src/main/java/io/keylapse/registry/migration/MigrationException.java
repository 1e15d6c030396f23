package io.keylapse.registry.migration;

import org.jspecify.annotations.Nullable;

/** The schema is not in the state that this version needs. The message says in one line what happened and what to do. */
public final class MigrationException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    MigrationException(String message) {
        this(message, null);
    }

    MigrationException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
