package io.keylapse.sync;

import io.keylapse.active.ActiveKeys;
import io.keylapse.active.ActiveKeys.Written;
import io.keylapse.active.WriteDeadline;
import io.keylapse.active.redis.Primary;
import io.keylapse.key.KeyName;
import io.keylapse.projection.Projection;
import io.keylapse.registry.ChangeLog.ChangedKey;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Writes changed keys to Redis. Where Redis has a newer version, or the same version as ended, the two stores
 * are compared. Either the key has changed again, or Postgres has lost the change that Redis holds; then Redis is repaired.
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
     * Writes those keys that belong to a primary, all at once.
     *
     * @param deadline taken before the keys were read
     * @return whether Redis has them all now; if not, it came too late or was not allowed to
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
