package io.keylapse.sync;

import io.keylapse.active.redis.RedisConnection;
import io.keylapse.active.trust.MarkStore;
import io.keylapse.active.trust.MarkStore.Reading;
import io.keylapse.active.trust.TrustState;
import io.keylapse.active.watch.RedisVersion;
import io.keylapse.active.watch.UnsupportedRedisException;
import io.keylapse.sync.HistoryWatch.Seen;
import io.micronaut.context.event.ApplicationEventListener;
import io.micronaut.context.event.StartupEvent;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Refuses the start when Redis is too old, belongs to another installation, or follows a history that other nodes go on with. Where
 * that is not known within a moment, because a store does not answer, the service starts and leaves Redis alone.
 */
@Singleton
final class StartCheck implements ApplicationEventListener<StartupEvent> {
    private static final Logger LOG = LoggerFactory.getLogger(StartCheck.class);
    private static final Duration MOMENT = Duration.ofSeconds(2);

    /** A mark that its nodes left behind a moment ago is not renewed any more, and then it is theirs no longer. */
    private static final Duration PATIENCE = TrustState.RENEWED.plusSeconds(3);

    private static final Duration PAUSE = Duration.ofMillis(50);

    private final RedisConnection redis;
    private final RedisVersion version;
    private final MarkStore marks;
    private final HistoryWatch history;
    private final Ownership ownership;
    private final SyncSettings settings;

    StartCheck(
            RedisConnection redis,
            RedisVersion version,
            MarkStore marks,
            HistoryWatch history,
            Ownership ownership,
            SyncSettings settings) {
        this.redis = redis;
        this.version = version;
        this.marks = marks;
        this.history = history;
        this.ownership = ownership;
        this.settings = settings;
    }

    @Override
    public void onApplicationEvent(StartupEvent event) {
        long begun = System.nanoTime();
        while (settings.enabled() && hasToWait(System.nanoTime() - begun)) {
            try {
                Thread.sleep(PAUSE);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted while starting", e);
            }
        }
        if (!ownership.complaints().isEmpty()) {
            throw new ForeignRedisException(String.join("; ", ownership.complaints()));
        }
    }

    private boolean hasToWait(long waited) {
        if (!isJudged()) {
            return waited < MOMENT.toNanos();
        }
        return !ownership.complaints().isEmpty() && ownership.mayPass() && waited < PATIENCE.toNanos();
    }

    /** Looks into both stores; returns whether both answered. */
    private boolean isJudged() {
        try {
            // Before anything that an old one would not understand.
            version.require();
            long asked = System.nanoTime();
            // Marks first: nodes renew them, and what they say must not be later than what is seen of Postgres.
            List<Reading> readings = redis.primaries().stream()
                    .map(primary -> marks.read(primary).toCompletableFuture().join())
                    .toList();
            ownership.observe(readings, asked);
            Optional<Seen> now = history.look();
            now.ifPresent(seen -> readings.forEach(each -> ownership.judge(each, seen.moment(), asked)));
            // A Cluster that has not been reached yet has no primaries.
            return !readings.isEmpty();
        } catch (UnsupportedRedisException e) {
            throw e;
        } catch (RuntimeException oneDoesNotAnswer) {
            LOG.debug("whose Redis is cannot be told yet: {}", oneDoesNotAnswer.toString());
            return false;
        }
    }
}
