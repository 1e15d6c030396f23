package io.keylapse.app.health;

import io.keylapse.active.watch.RedisHealth;
import io.keylapse.active.watch.SubscriptionManager;
import io.keylapse.background.LoopRegistry;
import io.keylapse.history.CurrentHistory;
import io.keylapse.http.Draining;
import io.keylapse.http.gateway.tls.GatewayTls;
import io.keylapse.registry.sql.Postgres;
import io.keylapse.registry.sql.RefusedWrites;
import io.keylapse.registry.sql.connect.ServerCheck;
import io.keylapse.registry.watch.PostgresWatch;
import io.keylapse.sync.owner.Ownership;
import io.micronaut.core.async.publisher.Publishers;
import io.micronaut.health.HealthStatus;
import io.micronaut.management.health.indicator.HealthIndicator;
import io.micronaut.management.health.indicator.HealthResult;
import io.micronaut.management.health.indicator.annotation.Readiness;
import io.micronaut.scheduling.TaskExecutors;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import org.reactivestreams.Publisher;

/**
 * Readiness of this node. It is ready while at least one store answers: without Redis, checks use Postgres; without
 * Postgres, valid keys are still found in Redis. If anything is missing, the status is DEGRADED, and the details say
 * what and what to do. A draining node is not ready.
 */
@Singleton
@Readiness
final class StoresReadiness implements HealthIndicator {
    private static final HealthStatus DEGRADED = new HealthStatus("DEGRADED", null, true, 500);
    private static final Duration TIMEOUT = Duration.ofSeconds(1);

    private final Postgres postgres;
    private final RefusedWrites refused;
    private final ServerCheck server;
    private final PostgresWatch watch;
    private final RedisHealth redis;
    private final SubscriptionManager subscriptions;
    private final Ownership ownership;
    private final CurrentHistory history;
    private final LoopRegistry background;
    private final GatewayTls gatewayTls;
    private final Draining draining;
    private final ExecutorService threads;

    StoresReadiness(
            Postgres postgres,
            RefusedWrites refused,
            ServerCheck server,
            PostgresWatch watch,
            RedisHealth redis,
            SubscriptionManager subscriptions,
            Ownership ownership,
            CurrentHistory history,
            LoopRegistry background,
            GatewayTls gatewayTls,
            Draining draining,
            @Named(TaskExecutors.BLOCKING) ExecutorService threads) {
        this.postgres = postgres;
        this.refused = refused;
        this.server = server;
        this.watch = watch;
        this.redis = redis;
        this.subscriptions = subscriptions;
        this.ownership = ownership;
        this.history = history;
        this.background = background;
        this.gatewayTls = gatewayTls;
        this.draining = draining;
        this.threads = threads;
    }

    @Override
    public Publisher<HealthResult> getResult() {
        CompletableFuture<Boolean> postgresAnswers =
                answers(CompletableFuture.runAsync(() -> postgres.ping(TIMEOUT), threads));
        CompletableFuture<Boolean> redisAnswers = answers(redis.ping().toCompletableFuture());
        CompletableFuture<List<String>> problems =
                redis.complaints().exceptionally(failure -> List.of()).toCompletableFuture();
        return Publishers.fromCompletableFuture(() -> CompletableFuture.allOf(postgresAnswers, redisAnswers, problems)
                .thenApply(all -> judge(postgresAnswers.join(), redisAnswers.join(), problems.join())));
    }

    private static CompletableFuture<Boolean> answers(CompletableFuture<?> question) {
        return question.<Boolean>thenApply(answer -> true)
                .completeOnTimeout(false, TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
                .exceptionally(failure -> false);
    }

    private HealthResult judge(boolean postgres, boolean redis, List<String> problems) {
        var missing = new ArrayList<String>();
        if (!postgres) {
            missing.add(
                    "Postgres does not answer: keys in Redis are still checked, but nothing can be issued or recorded");
        }
        refused.complaint().ifPresent(missing::add);
        server.complaint().ifPresent(missing::add);
        history.doubt()
                .ifPresent(why -> missing.add(
                        "Postgres is not trusted, because " + why + ": set KEYLAPSE_POSTGRES_URL to the primary"));
        missing.addAll(watch.complaints());
        if (!redis) {
            missing.add("Redis does not answer: keys are checked in Postgres, which is slower and has less capacity");
        }
        missing.addAll(problems);
        missing.addAll(ownership.complaints());
        missing.addAll(subscriptions.complaints());
        missing.addAll(background.complaints());
        gatewayTls.complaint().ifPresent(missing::add);
        boolean isDraining = draining.hasBegun();
        if (isDraining) {
            missing.add("this instance is stopping: do not send it requests");
        }
        var details = new LinkedHashMap<String, Object>();
        details.put("postgres", postgres ? "UP" : "DOWN");
        details.put("redis", redis ? "UP" : "DOWN");
        details.put("missing", missing);
        boolean notReady = isDraining || (!postgres && !redis);
        HealthStatus status = notReady ? HealthStatus.DOWN : missing.isEmpty() ? HealthStatus.UP : DEGRADED;
        return HealthResult.builder("stores", status).details(details).build();
    }
}
