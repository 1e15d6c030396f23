package io.keylapse.notice.delivery;

import io.keylapse.notice.Notice;
import io.keylapse.notice.NoticeTable;
import io.keylapse.notice.delivery.Delivery.State;
import io.keylapse.notice.delivery.DeliveryChannel.Lane;
import io.keylapse.registry.outbox.NoticeId;
import io.keylapse.registry.sql.PostgresFailure;
import io.keylapse.registry.sql.lane.ConnectionLanes;
import io.keylapse.registry.sql.lane.PostgresLane;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Dispatcher for due deliveries. Each receiver has a lane of its own, so a slow receiver does not delay the others.
 *
 * <p>A delivery is claimed in Postgres before an attempt, and its outcome is recorded after it. If a node dies in between,
 * another node sends the notice again after the lease, under the same id.
 */
@Singleton
public final class Dispatcher {
    private static final Logger LOG = LoggerFactory.getLogger(Dispatcher.class);

    /** Concurrent attempts per receiver. */
    private static final int MAX_PER_RECEIVER = 4;

    /** Lanes that may use Postgres at a time, so that many receivers that fail together do not use up the connections. */
    private static final int MAX_IN_POSTGRES = 4;

    private static final Duration STOP_TIMEOUT = Duration.ofSeconds(5);

    private static final Duration BETWEEN_WARNINGS = Duration.ofMinutes(1);

    private final List<DeliveryChannel> channels;
    private final DeliveryTable deliveries;
    private final NoticeTable notices;
    private final Clock clock;
    private final MeterRegistry meters;
    private final Set<Object> busy = ConcurrentHashMap.newKeySet();
    /** Platform threads, because a DNS look-up pins the carrier of a virtual thread. */
    private final ExecutorService threads = Executors.newThreadPerTaskExecutor(
            Thread.ofPlatform().daemon().name("notice-", 1).factory());

    private final Semaphore postgresPermits = new Semaphore(MAX_IN_POSTGRES, true);
    private final AtomicLong lastWarning = new AtomicLong(System.nanoTime() - BETWEEN_WARNINGS.toNanos());
    private volatile boolean stopping;

    Dispatcher(
            List<DeliveryChannel> channels,
            DeliveryTable deliveries,
            NoticeTable notices,
            Clock clock,
            MeterRegistry meters) {
        this.channels = channels;
        this.deliveries = deliveries;
        this.notices = notices;
        this.clock = clock;
        this.meters = meters;
    }

    /** Starts a lane for each receiver with due deliveries, unless it is running already. Does not wait for it. */
    public void runOnce() {
        for (DeliveryChannel channel : channels) {
            for (Lane lane : channel.due()) {
                if (!stopping && busy.add(lane.receiver())) {
                    threads.execute(() -> serve(lane));
                }
            }
        }
    }

    private void serve(Lane lane) {
        try {
            List<Delivery> claimed = inPostgres(() -> lane.claim(MAX_PER_RECEIVER));
            while (!claimed.isEmpty()) {
                attempt(lane, claimed);
                claimed = stopping ? List.of() : inPostgres(() -> lane.claim(MAX_PER_RECEIVER));
            }
        } catch (RuntimeException e) {
            if (PostgresFailure.isPassing(e)) {
                LOG.debug("notices wait for Postgres: {}", e.toString());
            } else {
                LOG.warn("notices to {} wait because of a fault in Keylapse", lane.receiver(), e);
            }
        } finally {
            busy.remove(lane.receiver());
        }
    }

    private void attempt(Lane lane, List<Delivery> claimed) {
        Map<NoticeId, Notice> found =
                inPostgres(() -> notices.find(
                                claimed.stream().map(Delivery::noticeId).collect(Collectors.toSet())))
                        .stream()
                        .collect(Collectors.toMap(Notice::id, Function.identity()));
        CompletableFuture.allOf(claimed.stream()
                        .map(each -> CompletableFuture.runAsync(
                                () -> attempt(lane, Objects.requireNonNull(found.get(each.noticeId())), each), threads))
                        .toArray(CompletableFuture[]::new))
                .join();
    }

    private void attempt(Lane lane, Notice notice, Delivery delivery) {
        Instant begun = clock.instant();
        long nanos = System.nanoTime();
        AttemptOutcome outcome = send(lane, notice, delivery);
        var attempt = new Attempt(
                delivery.attempts(),
                begun,
                Duration.ofNanos(System.nanoTime() - nanos),
                outcome.status(),
                outcome.words(),
                outcome.response());
        finish(delivery, attempt, outcome);
    }

    private static AttemptOutcome send(Lane lane, Notice notice, Delivery delivery) {
        try {
            return lane.send(notice, delivery);
        } catch (RuntimeException e) {
            LOG.warn("an attempt of {} failed because of a fault in Keylapse", delivery.id(), e);
            return AttemptOutcome.postponed("Keylapse failed to make the attempt; see its log");
        }
    }

    private void finish(Delivery delivery, Attempt attempt, AttemptOutcome outcome) {
        @Nullable
        Duration pause = switch (outcome.verdict()) {
            case DELIVERED, REFUSED -> null;
            case FAILED ->
                Retries.after(
                                attempt.number() - delivery.givenUpAfter(),
                                outcome.retryAfter(),
                                ThreadLocalRandom.current())
                        .orElse(null);
            case POSTPONED -> Retries.afterOwnFault(attempt.number(), ThreadLocalRandom.current());
        };
        State state = outcome.verdict() == AttemptOutcome.Verdict.DELIVERED
                ? State.DELIVERED
                : pause == null ? State.DEAD : State.PENDING;
        meters.counter("keylapse.deliveries", "channel", delivery.channel().word(), "state", state.word())
                .increment();
        if (state == State.DEAD) {
            LOG.warn(
                    "gave up {} to {} after {} attempts: {}",
                    delivery.id(),
                    delivery.channel().word(),
                    attempt.number(),
                    outcome.words());
        }
        boolean counts = outcome.verdict() != AttemptOutcome.Verdict.POSTPONED;
        if (!counts) {
            warnOfOwnFault(delivery, outcome);
        }
        var _ = inPostgres(() -> {
            deliveries.finish(delivery, attempt, state, pause, counts);
            return state;
        });
    }

    /** At most once a minute: many deliveries may wait for the same fault. */
    private void warnOfOwnFault(Delivery delivery, AttemptOutcome outcome) {
        long now = System.nanoTime();
        long last = lastWarning.get();
        if (now - last >= BETWEEN_WARNINGS.toNanos() && lastWarning.compareAndSet(last, now)) {
            LOG.warn("{} to {} waits: {}", delivery.id(), delivery.channel().word(), outcome.words());
        }
    }

    private <T> T inPostgres(Supplier<T> statements) {
        postgresPermits.acquireUninterruptibly();
        try {
            return ConnectionLanes.in(PostgresLane.OWN_WORK, statements::get);
        } finally {
            postgresPermits.release();
        }
    }

    /** Waits up to 5 seconds for running attempts. Another node repeats those that have not finished. */
    @PreDestroy
    void stop() throws InterruptedException {
        stopping = true;
        threads.shutdown();
        var _ = threads.awaitTermination(STOP_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
    }
}
