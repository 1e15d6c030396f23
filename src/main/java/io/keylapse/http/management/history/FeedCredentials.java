package io.keylapse.http.management.history;

import io.keylapse.http.management.stream.FeedPlaces;
import io.keylapse.key.ManagementKeyId;
import io.keylapse.registry.sql.PostgresFailure;
import io.keylapse.registry.sql.lane.ConnectionLanes;
import io.keylapse.registry.sql.lane.PostgresLane;
import io.keylapse.security.management.ManagementKeyService;
import io.keylapse.security.management.Permission;
import io.micronaut.scheduling.TaskExecutors;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * Ends feeds whose management key was deleted, has expired or lost its permission. While there are feeds, one statement
 * every 0.3 seconds checks the keys of all of them.
 *
 * <p>A key that Postgres has not confirmed for 0.9 seconds counts as ended, so feeds also end in time while Postgres is not
 * responding; they could send nothing then. Keys from the environment are in no table and stay valid.
 */
@Singleton
final class FeedCredentials {
    private static final Logger LOG = LoggerFactory.getLogger(FeedCredentials.class);
    private static final Duration PERIOD = Duration.ofMillis(300);
    private static final Duration TIMEOUT = Duration.ofSeconds(1);
    private static final Duration MAX_AGE = Duration.ofMillis(900);

    private final ManagementKeyService keys;
    private final FeedPlaces places;
    private final Flux<Look> looks;

    FeedCredentials(
            ManagementKeyService keys, FeedPlaces places, @Named(TaskExecutors.BLOCKING) ExecutorService executor) {
        this.keys = keys;
        this.places = places;
        Scheduler threads = Schedulers.fromExecutor(task -> executor.execute(task));
        this.looks = Flux.interval(PERIOD)
                .onBackpressureDrop()
                .concatMap(
                        _ -> Mono.fromCallable(this::look)
                                .subscribeOn(threads)
                                .onErrorResume(RuntimeException.class, FeedCredentials::failed),
                        1)
                .share();
    }

    /**
     * One read of the table of management keys.
     *
     * @param begun when it began, by {@link System#nanoTime}
     */
    private record Look(long begun, Set<ManagementKeyId> asked, Set<ManagementKeyId> good) {}

    /**
     * Emits when the feeds of this key must end.
     *
     * @param confirmed when the key was last known to be valid, by {@link System#nanoTime}
     */
    Mono<Long> end(ManagementKeyId key, long confirmed) {
        if (key.isOfEnvironment()) {
            return Mono.never();
        }
        return looks.filter(look -> look.asked.contains(key))
                .startWith(new Look(confirmed, Set.of(key), Set.of(key)))
                .switchMap(look -> look.good.contains(key) ? Mono.delay(untilOld(look)) : Mono.just(0L))
                .next();
    }

    private Look look() {
        long begun = System.nanoTime();
        Set<ManagementKeyId> asked = places.keys();
        return new Look(
                begun,
                asked,
                ConnectionLanes.in(PostgresLane.OWN_WORK, () -> keys.live(asked, Permission.READ_HISTORY, TIMEOUT)));
    }

    private static Duration untilOld(Look look) {
        Duration left = MAX_AGE.minusNanos(System.nanoTime() - look.begun);
        return left.isNegative() ? Duration.ZERO : left;
    }

    private static Mono<Look> failed(RuntimeException failure) {
        if (!PostgresFailure.isPassing(failure)) {
            LOG.error("failed to check the management keys of open feeds", failure);
        }
        return Mono.empty();
    }
}
