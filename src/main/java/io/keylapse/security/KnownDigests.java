package io.keylapse.security;

import static java.util.concurrent.TimeUnit.MILLISECONDS;

import io.keylapse.key.KeyDigest;
import io.keylapse.registry.sql.lane.ConnectionLanes;
import io.keylapse.registry.sql.lane.PostgresLane;
import io.micronaut.scheduling.TaskExecutors;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import org.jspecify.annotations.Nullable;

/**
 * Tells whether a credential is worth a query, by the digests of all management keys. However many are asked about, all
 * digests are read 20 times a second at the most, one reading at a time. This admits nobody: that is decided by a query.
 */
@Singleton
final class KnownDigests {
    private static final int PAUSE_MILLIS = 50;

    /** How long to wait for Postgres, until what was read before has to do. */
    private static final int PATIENCE_MILLIS = 500;

    private final ManagementKeyService keys;
    private final Executor afterPause;
    private volatile Set<KeyDigest> known = Set.of();
    private CompletableFuture<Set<KeyDigest>> current = CompletableFuture.completedFuture(known);
    private @Nullable CompletableFuture<Set<KeyDigest>> next;

    KnownDigests(ManagementKeyService keys, @Named(TaskExecutors.BLOCKING) ExecutorService threads) {
        this.keys = keys;
        this.afterPause = CompletableFuture.delayedExecutor(PAUSE_MILLIS, MILLISECONDS, threads);
    }

    /** Whether there was a management key with this digest when this was called, or before. */
    boolean contains(KeyDigest digest) {
        return known.contains(digest) || readAfterNow().contains(digest);
    }

    private Set<KeyDigest> readAfterNow() {
        return next().copy()
                .exceptionally(_ -> known)
                .completeOnTimeout(known, PATIENCE_MILLIS, MILLISECONDS)
                .join();
    }

    private synchronized CompletableFuture<Set<KeyDigest>> next() {
        if (next == null) {
            next = current.handleAsync((_, _) -> read(), afterPause);
        }
        return next;
    }

    private Set<KeyDigest> read() {
        begin();
        known = ConnectionLanes.in(PostgresLane.OWN_WORK, keys::digests);
        return known;
    }

    /** Whoever asks from now on waits for the reading after this one. */
    private synchronized void begin() {
        current = next();
        next = null;
    }
}
