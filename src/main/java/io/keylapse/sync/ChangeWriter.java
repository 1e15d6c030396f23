package io.keylapse.sync;

import io.keylapse.active.ActiveKeys;
import io.keylapse.active.ActiveKeys.Written;
import io.keylapse.active.WriteDeadline;
import io.keylapse.active.redis.Primary;
import io.keylapse.key.KeyName;
import io.keylapse.projection.Projection;
import io.keylapse.registry.ChangeLog.ChangedKey;
import io.keylapse.sync.compare.Comparison;
import io.keylapse.sync.compare.Repair;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Writes changed keys to Redis. If Redis holds a newer version, or a tombstone of the same version, the key is compared in
 * both stores. Either it has changed again, or Postgres has lost the change in Redis; then Redis is repaired.
 */
@Singleton
final class ChangeWriter {
    private final ActiveKeys active;
    private final Comparison comparison;
    private final Repair repair;

    ChangeWriter(ActiveKeys active, Comparison comparison, Repair repair) {
        this.active = active;
        this.comparison = comparison;
        this.repair = repair;
    }

    /**
     * Writes the keys that belong to a primary, pipelined.
     *
     * @param deadline taken before the keys were read
     * @return whether Redis now holds all of them; false if a write was too late or not allowed
     */
    boolean write(Primary primary, List<ChangedKey> changed, WriteDeadline deadline) {
        List<KeyName> names = new ArrayList<>();
        List<CompletableFuture<Written>> writes = new ArrayList<>();
        for (ChangedKey each : changed) {
            KeyName name = each.key().digest().name();
            if (active.primaryOf(name).equals(primary)) {
                names.add(name);
                writes.add(
                        active.apply(name, Projection.of(each.key()), deadline).toCompletableFuture());
            }
        }
        List<KeyName> doubtful = new ArrayList<>();
        boolean all = true;
        for (int i = 0; i < writes.size(); i++) {
            switch (writes.get(i).join()) {
                case EXACTLY -> {}
                case NEWER_IS_THERE, END_IS_THERE -> doubtful.add(names.get(i));
                case TOO_LATE, NOT_OURS -> all = false;
            }
        }
        if (!doubtful.isEmpty()) {
            all &= repair.mend(comparison.differences(doubtful)).notAllowed() == 0;
        }
        return all;
    }
}
