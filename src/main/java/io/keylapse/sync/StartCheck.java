package io.keylapse.sync;

import io.keylapse.active.redis.RedisConnection;
import io.keylapse.active.trust.MarkStore;
import io.keylapse.active.trust.MarkStore.Reading;
import io.keylapse.active.trust.TrustState;
import io.keylapse.active.watch.RedisVersion;
import io.keylapse.active.watch.UnsupportedRedisException;
import io.keylapse.sync.HistoryWatch.Seen;
import io.keylapse.sync.owner.ForeignRedisException;
import io.keylapse.sync.owner.Ownership;
import io.micronaut.context.event.ApplicationEventListener;
import io.micronaut.context.event.StartupEvent;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Start-up check of Redis. Refuses the start if Redis is too old, belongs to another installation, or follows another
 * history that other nodes still use. If a store does not answer within 2 seconds, the service starts, and uses Redis only
 * once both have answered.
 */
@Singleton
final class StartCheck implements ApplicationEventListener<StartupEvent> {
    private static final Logger LOG = LoggerFactory.getLogger(StartCheck.class);
    private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(2);

    /** Maximum wait for a mark whose nodes have just been stopped to count as unused. */
    private static final Duration MAX_WAIT = TrustState.RENEWED.plusSeconds(3);

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
            return waited < ANSWER_TIMEOUT.toNanos();
        }
        return !ownership.complaints().isEmpty() && ownership.mayPass() && waited < MAX_WAIT.toNanos();
    }

    /** Judges every primary. Returns whether both stores answered. */
    private boolean isJudged() {
        try {
            // First, because an old Redis does not know the commands that follow.
            version.require();
            long asked = System.nanoTime();
            // Read the marks before Postgres: nodes renew them, and a mark must not be newer than the look at Postgres.
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
            LOG.debug("which Postgres Redis follows is not known yet: {}", oneDoesNotAnswer.toString());
            return false;
        }
    }
}
