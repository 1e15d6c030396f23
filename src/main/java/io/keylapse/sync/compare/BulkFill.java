package io.keylapse.sync.compare;

import io.keylapse.active.ActiveKeys;
import io.keylapse.active.StoredEntries;
import io.keylapse.active.StoredEntries.Named;
import io.keylapse.active.WriteDeadline;
import io.keylapse.active.redis.Primary;
import io.keylapse.active.redis.RedisConnection;
import io.keylapse.key.KeyId;
import io.keylapse.projection.Projection;
import io.keylapse.registry.KeyTable;
import io.keylapse.registry.KeyTable.ActiveKey;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Bulk load of all active keys into a primary that lacks them. Reads from Postgres and writes to Redis overlap, and writes
 * are pipelined.
 */
@Singleton
public final class BulkFill {
    private static final int PAGE = 4_000;

    /** Limited so that the commands of all pages fit into one connection. */
    private static final int MAX_PAGES_UNDER_WAY = 3;

    private final RedisConnection redis;
    private final ActiveKeys active;
    private final StoredEntries stored;
    private final KeyTable keys;
    private final ExecutorService threads = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("bulk-fill-", 0).factory());

    BulkFill(RedisConnection redis, ActiveKeys active, StoredEntries stored, KeyTable keys) {
        this.redis = redis;
        this.active = active;
        this.stored = stored;
        this.keys = keys;
    }

    /**
     * Writes all active keys of the primary, page by page. Reads a page while the previous ones are written.
     *
     * @param afterEach called after each page; may throw to abort
     */
    public void run(Primary primary, Progress progress, Runnable afterEach) {
        try (RedisConnection.Bulk bulk =
                redis.openBulk(primary).toCompletableFuture().join()) {
            var writing = new ArrayDeque<Future<Integer>>();
            KeyId after = Comparison.BEFORE_ALL;
            boolean more = true;
            while (more || !writing.isEmpty()) {
                if (more) {
                    var deadline = WriteDeadline.startingNow();
                    List<ActiveKey> page = keys.activeAfter(after, PAGE);
                    writing.add(threads.submit(() -> write(bulk, primary, page, deadline)));
                    more = page.size() == PAGE;
                    after = page.isEmpty() ? after : page.getLast().id();
                }
                if (!more || writing.size() == MAX_PAGES_UNDER_WAY) {
                    progress.add(await(writing.remove()));
                    afterEach.run();
                }
            }
        }
    }

    /** Writes the keys of a page that belong to the primary. Returns their number. */
    private int write(RedisConnection.Bulk bulk, Primary primary, List<ActiveKey> page, WriteDeadline deadline) {
        List<Named> entries = page.stream()
                .filter(key -> active.primaryOf(key.name()).equals(primary))
                .map(key -> new Named(key.name(), Projection.of(key)))
                .toList();
        stored.fill(bulk, entries, deadline)
                .forEach(present -> Retry.onTimeout(() -> active.apply(present.name(), present.entry(), deadline)));
        return entries.size();
    }

    private static <T> T await(Future<T> work) {
        try {
            return work.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        } catch (ExecutionException e) {
            throw new IllegalStateException(Objects.requireNonNull(e.getCause()).toString(), e);
        }
    }

    @PreDestroy
    void stop() {
        threads.shutdown();
    }
}
