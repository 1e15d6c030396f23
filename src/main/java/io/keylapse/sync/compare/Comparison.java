package io.keylapse.sync.compare;

import io.keylapse.active.StoredEntries;
import io.keylapse.active.StoredEntries.Names;
import io.keylapse.active.StoredEntries.Stored;
import io.keylapse.active.WriteDeadline;
import io.keylapse.active.redis.Primary;
import io.keylapse.key.KeyId;
import io.keylapse.key.KeyName;
import io.keylapse.registry.KeyRecord;
import io.keylapse.registry.KeyTable;
import io.keylapse.registry.KeyTable.ActiveKey;
import io.lettuce.core.ScanCursor;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Comparison of Redis with Postgres, page by page, while both are in use. The stores are read one after the other, Redis
 * first, so a change in between looks like a difference. A difference counts only if four looks, 150 ms apart, find it.
 */
@Singleton
public final class Comparison {
    private static final int PAGE = 1_000;
    private static final int MAX_LOOKS = 4;
    private static final long PAUSE_MILLIS = 150;
    public static final KeyId BEFORE_ALL = new KeyId(new UUID(0, 0));

    private final StoredEntries stored;
    private final KeyTable keys;

    Comparison(StoredEntries stored, KeyTable keys) {
        this.stored = stored;
        this.keys = keys;
    }

    /** Result for one page. */
    public record Compared(int entries, List<Difference> differences) {}

    /** Compares every entry of a primary with Postgres. */
    public void redisSide(Primary primary, Consumer<Compared> report) {
        ScanCursor cursor = null;
        do {
            Names page = join(stored.scan(primary, cursor));
            if (!page.names().isEmpty()) {
                report.accept(compare(page.names()));
            }
            cursor = page.more();
        } while (cursor != null);
    }

    /** Compares every active key in Postgres with Redis. */
    public void postgresSide(Consumer<Compared> report) {
        KeyId after = BEFORE_ALL;
        List<ActiveKey> page;
        do {
            page = keys.activeAfter(after, PAGE);
            if (!page.isEmpty()) {
                report.accept(compare(page.stream().map(ActiveKey::name).toList()));
                after = page.getLast().id();
            }
        } while (page.size() == PAGE);
    }

    private Compared compare(List<KeyName> names) {
        return new Compared(names.size(), differences(names));
    }

    /** Differences of these keys that persist over all looks. */
    public List<Difference> differences(List<KeyName> names) {
        List<Difference> differences = look(names);
        for (int again = 1; again < MAX_LOOKS && !differences.isEmpty(); again++) {
            pause();
            differences =
                    look(differences.stream().map(each -> each.stored().name()).toList());
        }
        return differences;
    }

    private List<Difference> look(List<KeyName> names) {
        List<Stored> inRedis = stored.read(names);
        var deadline = WriteDeadline.startingNow();
        Map<KeyName, KeyRecord> inPostgres = keys.find(names).stream()
                .collect(Collectors.toMap(key -> key.digest().name(), Function.identity()));
        return inRedis.stream()
                .map(each -> Difference.between(inPostgres.get(each.name()), each, deadline))
                .flatMap(Optional::stream)
                .toList();
    }

    private static void pause() {
        try {
            Thread.sleep(PAUSE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    private static <T> T join(CompletionStage<T> stage) {
        return stage.toCompletableFuture().join();
    }
}
