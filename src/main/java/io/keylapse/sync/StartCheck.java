package io.keylapse.sync;

import io.keylapse.active.redis.RedisConnection;
import io.keylapse.active.trust.Standing;
import io.micronaut.context.event.ApplicationEventListener;
import io.micronaut.context.event.StartupEvent;
import jakarta.inject.Singleton;
import java.time.Duration;

/**
 * Refuses the start when Redis belongs to another installation, or follows a history that other nodes go on with. Where
 * that is not known within a moment, because a store does not answer, the service starts and leaves Redis alone.
 */
@Singleton
final class StartCheck implements ApplicationEventListener<StartupEvent> {
    private static final Duration MOMENT = Duration.ofSeconds(2);

    /** A mark that its nodes left behind a moment ago is not renewed any more, and then it is theirs no longer. */
    private static final Duration PATIENCE = Standing.RENEWED.plusSeconds(3);

    private static final Duration PAUSE = Duration.ofMillis(50);

    private final Ownership ownership;
    private final RedisConnection redis;
    private final SyncSettings settings;

    StartCheck(Ownership ownership, RedisConnection redis, SyncSettings settings) {
        this.ownership = ownership;
        this.redis = redis;
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
        if (!ownership.complaints().isEmpty()) {
            return ownership.mayPass() && waited < PATIENCE.toNanos();
        }
        return !redis.primaries().stream().allMatch(ownership::isKnown) && waited < MOMENT.toNanos();
    }
}
