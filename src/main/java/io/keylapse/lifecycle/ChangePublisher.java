package io.keylapse.lifecycle;

import io.keylapse.active.ActiveEntry;
import io.keylapse.active.ActiveKeys;
import io.keylapse.active.ActiveKeys.Written;
import io.keylapse.active.KeyChanges;
import io.keylapse.active.KeyChanges.Change;
import io.keylapse.active.WriteDeadline;
import io.keylapse.active.redis.RedisSettings;
import io.keylapse.active.redis.RedisUnavailableException;
import io.keylapse.key.KeyName;
import io.keylapse.key.KeyState;
import io.keylapse.lifecycle.ChangeOutcome.Enforcement;
import io.keylapse.projection.Projection;
import io.keylapse.registry.KeyRecord;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Publishes committed changes to this node immediately, and to Redis within a few command timeouts. */
@Singleton
final class ChangePublisher {
    private static final Logger LOG = LoggerFactory.getLogger(ChangePublisher.class);

    private final ActiveKeys active;
    private final KeyChanges changes;
    private final RedisSettings settings;
    private final Counter pending;

    ChangePublisher(ActiveKeys active, KeyChanges changes, RedisSettings settings, MeterRegistry meters) {
        this.active = active;
        this.changes = changes;
        this.settings = settings;
        this.pending = Counter.builder("keylapse.enforcement.pending")
                .description("changes that could not be written to Redis right after their commit")
                .register(meters);
    }

    /** Publishes one change, and waits for Redis. */
    Enforcement publish(KeyRecord key, WriteDeadline deadline) {
        Attempt attempt = attempt(key, deadline).join();
        attempt.failure.ifPresent(failure -> LOG.warn(
                "Version {} of {} was not written to Redis ({}); nodes check this key in Postgres until it is",
                key.term().version(),
                key.id(),
                RedisUnavailableException.inWords(failure)));
        return attempt.enforcement;
    }

    /** Publishes changes in one burst, waits for Redis, and returns the enforcement of each, in order. */
    List<Enforcement> publish(List<KeyRecord> keys, WriteDeadline deadline) {
        var underWay = keys.stream().map(key -> attempt(key, deadline)).toList();
        CompletableFuture.allOf(underWay.toArray(CompletableFuture[]::new)).join();
        List<Attempt> attempts = underWay.stream().map(CompletableFuture::join).toList();
        var failures =
                attempts.stream().flatMap(attempt -> attempt.failure.stream()).toList();
        if (!failures.isEmpty()) {
            LOG.warn(
                    "{} of {} changes were not written to Redis ({}); nodes check these keys in Postgres until they are",
                    failures.size(),
                    keys.size(),
                    RedisUnavailableException.inWords(failures.getFirst()));
        }
        return attempts.stream().map(Attempt::enforcement).toList();
    }

    /** The enforcement of a change, and the failure of the write if there was one. */
    private record Attempt(Enforcement enforcement, Optional<Throwable> failure) {}

    /** The future never fails. */
    private CompletableFuture<Attempt> attempt(KeyRecord key, WriteDeadline deadline) {
        ActiveEntry entry = Projection.of(key);
        KeyName name = key.digest().name();
        changes.announce(new Change(
                name,
                entry.version(),
                key.state() == KeyState.ACTIVE ? key.term().expiresAt() : null));
        if (!settings.writeThrough()) {
            return CompletableFuture.completedFuture(new Attempt(Enforcement.PENDING, Optional.empty()));
        }
        return active.apply(name, entry, deadline)
                .thenApply(written -> new Attempt(
                        written == Written.EXACTLY ? Enforcement.APPLIED : Enforcement.PENDING, Optional.empty()))
                .exceptionally(failure -> new Attempt(Enforcement.PENDING, Optional.of(failure)))
                .whenComplete((attempt, _) -> {
                    if (attempt.enforcement == Enforcement.PENDING) {
                        pending.increment();
                    }
                })
                .toCompletableFuture();
    }
}
