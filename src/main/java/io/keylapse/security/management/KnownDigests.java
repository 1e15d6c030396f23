package io.keylapse.security.management;

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
 * Filter in front of the look-up of management keys: tells whether a credential may be valid, by the digests of all of them.
 * However many credentials arrive, the digests are read at most 20 times a second, one read at a time. The filter grants no
 * access; a query decides that.
 */
@Singleton
public final class KnownDigests {
    private static final int PAUSE_MILLIS = 50;

    /** How long to wait for Postgres before the previous read is used. */
    private static final int TIMEOUT_MILLIS = 500;

    private final ManagementKeyService keys;
    private final Executor afterPause;
    private volatile Set<KeyDigest> known = Set.of();
    private CompletableFuture<Set<KeyDigest>> current = CompletableFuture.completedFuture(known);
    private @Nullable CompletableFuture<Set<KeyDigest>> next;

    KnownDigests(ManagementKeyService keys, @Named(TaskExecutors.BLOCKING) ExecutorService threads) {
        this.keys = keys;
        this.afterPause = CompletableFuture.delayedExecutor(PAUSE_MILLIS, MILLISECONDS, threads);
    }

    /** Whether a management key with this digest exists now or existed earlier. */
    public boolean contains(KeyDigest digest) {
        return known.contains(digest) || readAfterNow().contains(digest);
    }

    private Set<KeyDigest> readAfterNow() {
        return next().copy()
                .exceptionally(_ -> known)
                .completeOnTimeout(known, TIMEOUT_MILLIS, MILLISECONDS)
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

    /** Callers from now on wait for the next read. */
    private synchronized void begin() {
        current = next();
        next = null;
    }
}
