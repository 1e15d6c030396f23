package io.keylapse.lifecycle;

import io.keylapse.key.ApiKey;
import io.keylapse.registry.KeyRecord;
import java.util.List;

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
     * @param changed other keys that were written: its predecessor, and others that its creation changed
     * @param log writes to the log; it runs after the commit
     */
    record Created(KeyRecord key, ApiKey secret, List<KeyRecord> changed, Runnable log) implements Decision {}

    /** There is no such key. */
    static Decision notFound() {
        return new Unchanged(new ChangeOutcome.NotFound());
    }
}
