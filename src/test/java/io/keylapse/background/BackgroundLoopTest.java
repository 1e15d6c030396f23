package io.keylapse.background;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A background task continues after any failure, and a failing one is reported. */
class BackgroundLoopTest {
    private static final Duration PAUSE = Duration.ofMillis(5);
    private static final Duration LONG = Duration.ofMinutes(1);

    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final LoopRegistry loops = new LoopRegistry(meters);

    @AfterEach
    void stopAll() throws InterruptedException {
        for (BackgroundLoop each : loops.running()) {
            each.interrupt();
        }
    }

    @ParameterizedTest
    @ValueSource(
            classes = {
                IllegalStateException.class,
                java.io.IOException.class,
                AssertionError.class,
                OutOfMemoryError.class,
                StackOverflowError.class,
                NoClassDefFoundError.class,
                Throwable.class
            })
    void a_task_goes_on_after_whatever_it_throws(Class<? extends Throwable> kind) {
        var rounds = new AtomicInteger();
        BackgroundLoop loop = loops.start("restless", PAUSE, LONG, () -> {
            if (rounds.incrementAndGet() <= 3) {
                throwAny(kind.getDeclaredConstructor().newInstance());
            }
        });

        await().atMost(10, SECONDS).until(() -> rounds.get() > 5);

        assertThat(loop.failures()).isEqualTo(3);
        assertThat(meters.get("keylapse.background.failures")
                        .tag("task", "restless")
                        .functionCounter()
                        .count())
                .isEqualTo(3);
        assertThat(loops.complaints()).isEmpty();
    }

    @Test
    void a_task_goes_on_when_its_failure_cannot_be_put_into_words() {
        var rounds = new AtomicInteger();
        loops.start(
                "speechless",
                PAUSE,
                LONG,
                () -> {
                    rounds.incrementAndGet();
                    throw new IllegalStateException("as always");
                },
                _ -> {
                    throw new StackOverflowError("no words");
                });

        await().atMost(10, SECONDS).until(() -> rounds.get() > 2);
    }

    @Test
    void a_task_goes_on_after_an_interrupt_that_does_not_stop_it() {
        var rounds = new AtomicInteger();
        BackgroundLoop loop = loops.start("disturbed", PAUSE, LONG, () -> {
            switch (rounds.incrementAndGet()) {
                case 1 -> throw new InterruptedException("by somebody else");
                case 2 -> Thread.currentThread().interrupt();
                default -> {}
            }
        });

        await().atMost(10, SECONDS).until(() -> rounds.get() > 4);

        assertThat(loop.failures()).isEqualTo(1);
    }

    @SuppressWarnings("unchecked")
    private static <E extends Throwable> void throwAny(Throwable what) throws E {
        throw (E) what;
    }

    @Test
    void a_task_that_fails_beyond_its_bound_is_named() {
        loops.start("hopeless", PAUSE, Duration.ofMillis(50), () -> {
            throw new AssertionError("as always");
        });

        await().atMost(10, SECONDS).until(() -> !loops.complaints().isEmpty());

        assertThat(loops.complaints()).singleElement().asString().contains("hopeless", "restart");
    }

    @Test
    void a_task_that_hangs_beyond_its_bound_is_named_and_no_longer_when_it_goes_on() {
        var released = new CountDownLatch(1);
        loops.start("stuck", PAUSE, Duration.ofMillis(300), released::await);
        await().atMost(10, SECONDS).until(() -> loops.complaints().size() == 1);

        released.countDown();

        await().atMost(10, SECONDS).until(() -> loops.complaints().isEmpty());
    }

    @Test
    void a_failure_that_is_reported_elsewhere_is_not_reported_twice() {
        BackgroundLoop loop = loops.start(
                "waiting",
                PAUSE,
                Duration.ofMillis(20),
                () -> {
                    throw new IllegalStateException("the store is away");
                },
                _ -> null);

        await().atMost(10, SECONDS).until(() -> loop.sinceSuccess().toMillis() > 100 && loop.failures() > 0);

        assertThat(loops.complaints()).isEmpty();
    }

    @Test
    void the_age_of_the_last_success_is_a_metric_until_the_task_is_stopped() throws Exception {
        var trouble = new AtomicReference<Error>();
        BackgroundLoop loop = loops.start("aging", PAUSE, LONG, () -> {
            if (trouble.get() != null) {
                throw trouble.get();
            }
        });
        trouble.set(new AssertionError("from now on"));

        await().atMost(10, SECONDS)
                .until(() -> meters.get("keylapse.background.success.age.seconds")
                                .tag("task", "aging")
                                .gauge()
                                .value()
                        > 0.1);
        loop.stop();

        assertThat(meters.getMeters()).isEmpty();
        assertThat(loops.running()).isEmpty();
    }

    @Test
    void stopping_lets_the_round_under_way_end() throws Exception {
        var begun = new CountDownLatch(1);
        var released = new CountDownLatch(1);
        var ended = new AtomicInteger();
        BackgroundLoop loop = loops.start("busy", PAUSE, LONG, () -> {
            begun.countDown();
            released.await();
            ended.incrementAndGet();
        });
        begun.await();

        Thread stopping = Thread.ofPlatform().start(() -> {
            try {
                loop.stop();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        await().atMost(10, SECONDS).until(() -> stopping.getState() == Thread.State.TIMED_WAITING);
        assertThat(ended).hasValue(0);
        released.countDown();
        stopping.join();

        assertThat(ended).hasValue(1);
    }
}
