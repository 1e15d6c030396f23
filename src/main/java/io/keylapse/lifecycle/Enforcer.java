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

/** Carries a change that Postgres has committed to Redis, and tells this node of it. */
@Singleton
final class Enforcer {
    private static final Logger LOG = LoggerFactory.getLogger(Enforcer.class);

    private final ActiveKeys active;
    private final KeyChanges changes;
    private final RedisSettings settings;
    private final Counter pending;

    Enforcer(ActiveKeys active, KeyChanges changes, RedisSettings settings, MeterRegistry meters) {
        this.active = active;
        this.changes = changes;
        this.settings = settings;
        this.pending = Counter.builder("keylapse.enforcement.pending")
                .description("Changes that Redis did not get at once")
                .register(meters);
    }

    /** Applies the change and waits for Redis, for no longer than a few commands may take. */
    Enforcement enforce(KeyRecord key, WriteDeadline deadline) {
        Attempt attempt = attempt(key, deadline).join();
        attempt.failure.ifPresent(failure -> LOG.warn(
                "Redis did not get version {} of {} ({}); every node goes by Postgres until it has",
                key.term().version(),
                key.id(),
                RedisUnavailableException.inWords(failure)));
        return attempt.enforcement;
    }

    /** Applies changes in one burst, waits for Redis, and says of each how far it has come. */
    List<Enforcement> enforce(List<KeyRecord> keys, WriteDeadline deadline) {
        var underWay = keys.stream().map(key -> attempt(key, deadline)).toList();
        CompletableFuture.allOf(underWay.toArray(CompletableFuture[]::new)).join();
        List<Attempt> attempts = underWay.stream().map(CompletableFuture::join).toList();
        var failures =
                attempts.stream().flatMap(attempt -> attempt.failure.stream()).toList();
        if (!failures.isEmpty()) {
            LOG.warn(
                    "Redis did not get {} of {} changes ({}); every node goes by Postgres until it has",
                    failures.size(),
                    keys.size(),
                    RedisUnavailableException.inWords(failures.getFirst()));
        }
        return attempts.stream().map(Attempt::enforcement).toList();
    }

    /** How far a change has come, and why it came no further. */
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
