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
 * Carries what is due to its receivers, each of which has a lane of its own: while one is slow, the others are served. In
 * Postgres a delivery is taken on before it is tried and finished after, so a node that dies in between leaves it to
 * another, which may tell the receiver a second time, under the same id.
 */
@Singleton
public final class Dispatcher {
    private static final Logger LOG = LoggerFactory.getLogger(Dispatcher.class);

    /** How many attempts are made at a time for one receiver. */
    private static final int ABREAST = 4;

    /** How many lanes may ask Postgres at a time, so that many receivers that fail together leave other tasks their connections. */
    private static final int ASKING = 4;

    private static final Duration PATIENCE_AT_THE_END = Duration.ofSeconds(5);

    private static final Duration BETWEEN_WARNINGS = Duration.ofMinutes(1);

    private final List<DeliveryChannel> channels;
    private final DeliveryTable deliveries;
    private final NoticeTable notices;
    private final Clock clock;
    private final MeterRegistry meters;
    private final Set<Object> busy = ConcurrentHashMap.newKeySet();
    /** Not virtual ones, because a look-up of a name holds on to what carries them. */
    private final ExecutorService threads = Executors.newThreadPerTaskExecutor(
            Thread.ofPlatform().daemon().name("notice-", 1).factory());

    private final Semaphore asking = new Semaphore(ASKING, true);
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

    /** Starts whatever is due and not under way; does not wait for it. */
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
            List<Delivery> claimed = inTurn(() -> lane.claim(ABREAST));
            while (!claimed.isEmpty()) {
                attempt(lane, claimed);
                claimed = stopping ? List.of() : inTurn(() -> lane.claim(ABREAST));
            }
        } catch (RuntimeException e) {
            if (PostgresFailure.isPassing(e)) {
                LOG.debug("notices wait for Postgres: {}", e.toString());
            } else {
                LOG.warn("notices to {} wait, because something went wrong here", lane.receiver(), e);
            }
        } finally {
            busy.remove(lane.receiver());
        }
    }

    private void attempt(Lane lane, List<Delivery> claimed) {
        Map<NoticeId, Notice> found =
                inTurn(() -> notices.find(
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
            LOG.warn("an attempt at {} went wrong here", delivery.id(), e);
            return AttemptOutcome.postponed("something went wrong here; the log of the service has more");
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
        var _ = inTurn(() -> {
            deliveries.finish(delivery, attempt, state, pause, counts);
            return state;
        });
    }

    /** Once a minute at most: the fault is one, however many deliveries wait for its end. */
    private void warnOfOwnFault(Delivery delivery, AttemptOutcome outcome) {
        long now = System.nanoTime();
        long last = lastWarning.get();
        if (now - last >= BETWEEN_WARNINGS.toNanos() && lastWarning.compareAndSet(last, now)) {
            LOG.warn("{} to {} waits: {}", delivery.id(), delivery.channel().word(), outcome.words());
        }
    }

    private <T> T inTurn(Supplier<T> statements) {
        asking.acquireUninterruptibly();
        try {
            return ConnectionLanes.in(PostgresLane.OWN_WORK, statements::get);
        } finally {
            asking.release();
        }
    }

    /** Lets attempts that are under way end, for a moment; those that do not are made again by another node. */
    @PreDestroy
    void stop() throws InterruptedException {
        stopping = true;
        threads.shutdown();
        var _ = threads.awaitTermination(PATIENCE_AT_THE_END.toMillis(), TimeUnit.MILLISECONDS);
    }
}
