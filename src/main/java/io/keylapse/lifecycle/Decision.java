package io.keylapse.lifecycle;

import io.keylapse.key.ApiKey;
import io.keylapse.registry.KeyRecord;
import org.jspecify.annotations.Nullable;

/** What a use case decided inside its transaction. {@link KeyTransaction} commits it, publishes it and answers. */
sealed interface Decision {
    /** Nothing was written. */
    record Unchanged(ChangeOutcome outcome) implements Decision {}

    /**
     * A key was written, or is published again as it is.
     *
     * @param log writes one line to the log; it runs after the commit
     */
    record Changed(KeyRecord key, Runnable log) implements Decision {}

    /**
     * A new key was written.
     *
     * @param predecessor the key that it replaces, which was written too; null when it replaces none
     * @param log writes to the log; it runs after the commit
     */
    record Created(KeyRecord key, ApiKey secret, @Nullable KeyRecord predecessor, Runnable log) implements Decision {}

    /** There is no such key. */
    static Decision notFound() {
        return new Unchanged(new ChangeOutcome.NotFound());
    }
}
