package io.keylapse.check;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreaker.State;
import io.keylapse.active.redis.Primary;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.sql.SQLException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class StoreBreakersTest {
    private static final Primary REDIS = new Primary("one", "");
    private static final Primary OTHER = new Primary("other", "");

    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final StoreBreakers breakers = new StoreBreakers(meters);

    @Test
    void a_store_that_keeps_failing_is_left_out_and_tried_again_until_it_answers() {
        for (CircuitBreaker breaker : new CircuitBreaker[] {breakers.redis(REDIS), breakers.postgres()}) {
            fail(breaker, 5, noAnswer());
            assertThat(breaker.tryAcquirePermission()).isFalse();

            await().atMost(5, SECONDS).until(breaker::tryAcquirePermission);
            breaker.onError(1, TimeUnit.MILLISECONDS, noAnswer());
            for (int i = 0; i < 2; i++) {
                assertThat(breaker.tryAcquirePermission()).isTrue();
                breaker.onError(1, TimeUnit.MILLISECONDS, noAnswer());
            }
            assertThat(breaker.tryAcquirePermission()).isFalse();

            await().atMost(5, SECONDS).until(() -> {
                if (breaker.tryAcquirePermission()) {
                    breaker.onSuccess(1, TimeUnit.MILLISECONDS);
                }
                return breaker.getState() == State.CLOSED;
            });
        }
    }

    @Test
    void late_answers_after_a_pause_under_load_do_not_open_the_breaker() {
        for (int i = 0; i < 1_000; i++) {
            breakers.redis(REDIS).onSuccess(1, TimeUnit.MILLISECONDS);
        }
        fail(breakers.redis(REDIS), 300, noAnswer());
        assertThat(breakers.redis(REDIS).getState()).isEqualTo(State.CLOSED);
    }

    @Test
    void one_primary_that_does_not_answer_leaves_the_breakers_of_others_closed() {
        fail(breakers.redis(REDIS), 5, noAnswer());
        assertThat(breakers.redis(REDIS).getState()).isEqualTo(State.OPEN);
        assertThat(breakers.redis(OTHER).getState()).isEqualTo(State.CLOSED);
        assertThat(gauge("redis")).isEqualTo(1);
    }

    @Test
    void slow_answers_are_answers() {
        for (int i = 0; i < 100; i++) {
            breakers.redis(REDIS).onSuccess(249, TimeUnit.MILLISECONDS);
            breakers.postgres().onSuccess(1_999, TimeUnit.MILLISECONDS);
        }
        assertThat(breakers.redis(REDIS).getState()).isEqualTo(State.CLOSED);
        assertThat(breakers.postgres().getState()).isEqualTo(State.CLOSED);
    }

    @Test
    void a_postgres_that_complains_of_the_question_has_answered() {
        fail(breakers.postgres(), 100, mistake());
        assertThat(breakers.postgres().getState()).isEqualTo(State.CLOSED);
    }

    @Test
    void the_metric_says_which_store_is_left_out() {
        fail(breakers.redis(REDIS), 5, noAnswer());
        assertThat(gauge("redis")).isEqualTo(1);
        assertThat(gauge("postgres")).isZero();
    }

    private static Throwable noAnswer() {
        return new IllegalStateException(new SQLException("gone", "08006"));
    }

    private static Throwable mistake() {
        return new IllegalStateException(new SQLException("syntax", "42601"));
    }

    private double gauge(String store) {
        return meters.get("keylapse.store.breaker").tag("store", store).gauge().value();
    }

    private static void fail(CircuitBreaker breaker, int times, Throwable failure) {
        for (int i = 0; i < times; i++) {
            breaker.onError(1, TimeUnit.MILLISECONDS, failure);
        }
    }
}
