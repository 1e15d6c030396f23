package io.keylapse.simulation.postgres;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;

/** The tables of uses, and of the nodes that record them. */
final class ModelUsage {
    private final Map<UUID, Instant> used = new HashMap<>();
    private final Map<UUID, Instant> recorders = new HashMap<>();
    private Instant knownSince;

    ModelUsage() {}

    ModelUsage(ModelUsage other) {
        used.putAll(other.used);
        recorders.putAll(other.recorders);
        knownSince = other.knownSince;
    }

    void report(UUID self, Duration goneAfter, boolean gap, Instant now) {
        Instant gone = now.minus(goneAfter);
        boolean lost = recorders
                .entrySet()
                .removeIf(each -> !each.getKey().equals(self) && each.getValue().isBefore(gone));
        recorders.put(self, now);
        if (gap || lost || knownSince == null) {
            knownSince = now;
        }
    }

    void leave(UUID self) {
        recorders.remove(self);
    }

    void addUses(UUID[] keys, Long[] at) {
        for (int i = 0; i < keys.length; i++) {
            used.merge(keys[i], Instant.ofEpochMilli(at[i]), (one, other) -> one.isAfter(other) ? one : other);
        }
    }

    Instant lastUsed(UUID key) {
        return used.get(key);
    }

    /** Null if it never was. */
    Instant knownSince() {
        return knownSince;
    }
}
