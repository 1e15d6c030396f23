package io.keylapse.app.health;

import io.micronaut.context.annotation.Requires;
import io.micronaut.core.async.publisher.Publishers;
import io.micronaut.health.HealthStatus;
import io.micronaut.management.health.indicator.HealthIndicator;
import io.micronaut.management.health.indicator.HealthResult;
import jakarta.inject.Singleton;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.reactivestreams.Publisher;

/** Records the threads on which health is computed. */
@Singleton
@Requires(property = ThreadWitness.SETTING)
final class ThreadWitness implements HealthIndicator {
    static final String SETTING = "keylapse-test.thread-witness";

    final Queue<Thread> threads = new ConcurrentLinkedQueue<>();

    @Override
    public Publisher<HealthResult> getResult() {
        threads.add(Thread.currentThread());
        return Publishers.map(Publishers.just(HealthResult.builder("witness", HealthStatus.UP)), result -> {
            threads.add(Thread.currentThread());
            return result.build();
        });
    }
}
