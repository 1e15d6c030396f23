package io.keylapse.lifecycle;

import io.keylapse.active.ActiveEntry;
import io.keylapse.active.ActiveEntry.Live;
import io.keylapse.active.ActiveEntry.Tombstone;
import io.keylapse.active.ActiveKeys;
import io.keylapse.active.KeyChanges;
import io.keylapse.active.KeyChanges.Change;
import io.keylapse.active.WriteDeadline;
import io.keylapse.key.KeyState;
import io.keylapse.lifecycle.Outcome.Enforcement;
import io.keylapse.registry.KeyRecord;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Carries a change that Postgres has committed to Redis, and tells this node of it. */
@Singleton
final class Enforcer {
    private static final Logger LOG = LoggerFactory.getLogger(Enforcer.class);

    private final ActiveKeys active;
    private final KeyChanges changes;

    Enforcer(ActiveKeys active, KeyChanges changes) {
        this.active = active;
        this.changes = changes;
    }

    /** Applies the change and waits for Redis, for no longer than a few commands may take. */
    Enforcement enforce(KeyRecord key, WriteDeadline deadline) {
        return begin(key, deadline).join();
    }

    /** Applies the change. The future never fails: what Redis did not get is {@link Enforcement#PENDING}. */
    CompletableFuture<Enforcement> begin(KeyRecord key, WriteDeadline deadline) {
        Optional<ActiveEntry> entry = entryOf(key);
        boolean live = entry.filter(Live.class::isInstance).isPresent();
        changes.announce(new Change(key.digest().name(), live ? key.term().expiresAt() : null));
        if (entry.isEmpty()) {
            return CompletableFuture.completedFuture(Enforcement.APPLIED);
        }
        return active.apply(key.digest().name(), entry.get(), deadline)
                .<Enforcement>thenApply(applied -> applied ? Enforcement.APPLIED : Enforcement.PENDING)
                .exceptionally(failure -> {
                    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
                    LOG.warn(
                            "Redis did not get version {} of {}: {}",
                            key.term().version(),
                            key.id(),
                            String.valueOf(cause));
                    return Enforcement.PENDING;
                })
                .toCompletableFuture();
    }

    /** What Redis should hold; nothing for a key that reached its deadline, which Redis drops by itself. */
    private static Optional<ActiveEntry> entryOf(KeyRecord key) {
        int version = key.term().version();
        KeyState state = key.state();
        return switch (state) {
            case ACTIVE ->
                Optional.of(new Live(
                        key.id(),
                        version,
                        key.term().expiresAt(),
                        key.owner(),
                        key.details().scopes()));
            case EXPIRED -> Optional.empty();
            case REVOKED, ROTATED -> {
                Instant endedAt = key.endedAt();
                yield Optional.of(new Tombstone(
                        key.id(),
                        version,
                        state,
                        endedAt == null ? key.readAt() : endedAt,
                        key.term().successorId()));
            }
        };
    }
}
