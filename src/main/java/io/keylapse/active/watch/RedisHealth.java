package io.keylapse.active.watch;

import io.keylapse.active.redis.Primary;
import io.keylapse.active.redis.RedisClock;
import io.keylapse.active.redis.RedisConnection;
import io.keylapse.active.redis.RedisSettings;
import io.keylapse.background.BackgroundLoop;
import io.keylapse.background.LoopRegistry;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.context.annotation.Context;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Health check of Redis: whether each primary answers, is trusted, evicts no keys, and has the {@link ServerSettings settings}
 * and {@link RedisRights rights} that Keylapse needs.
 */
@Context
public final class RedisHealth {
    private static final Logger LOG = LoggerFactory.getLogger(RedisHealth.class);

    /** Delay of the first check, so that the connections are open by then. */
    private static final Duration DELAY = Duration.ofSeconds(1);

    private static final Duration PAUSE = Duration.ofSeconds(5);
    private static final Duration BOUND = Duration.ofMinutes(1);

    private static final String EVICTED = "evicted_keys";

    private final RedisConnection redis;
    private final RedisClock clock;
    private final RedisRights rights;
    private final TrustWatch trust;
    private final MeterRegistry meters;
    private final LoopRegistry loops;

    /** Result of the last periodic check, by id of the primary. */
    private final Map<String, Found> found = new ConcurrentHashMap<>();

    private @Nullable BackgroundLoop loop;
    private List<String> logged = List.of();

    /**
     * Result of a periodic check of one primary.
     *
     * @param refused commands that the access list does not allow
     * @param evicted number of keys that the server has evicted since its start; -1 if unknown
     * @param evicting whether that number has grown since the check before
     */
    private record Found(Gauge gauge, List<String> refused, long evicted, boolean evicting) {}

    RedisHealth(
            LoopRegistry loops,
            RedisConnection redis,
            RedisClock clock,
            RedisSettings settings,
            TrustWatch trust,
            MeterRegistry meters) {
        this.loops = loops;
        this.redis = redis;
        this.clock = clock;
        this.rights = new RedisRights(redis, settings);
        this.trust = trust;
        this.meters = meters;
    }

    /** Succeeds if any primary answers; fails if none does within the command timeout. */
    public CompletionStage<Boolean> ping() {
        List<CompletableFuture<Boolean>> answers = redis.primaries().stream()
                .map(primary -> ping(primary).toCompletableFuture())
                .toList();
        return answers.stream()
                .reduce((one, other) -> one.exceptionallyCompose(_ -> other))
                .orElseGet(
                        () -> CompletableFuture.failedFuture(new IllegalStateException("no Redis primary is known")));
    }

    /** An error reply counts as an answer. */
    private CompletionStage<Boolean> ping(Primary primary) {
        return redis.send(primary, RedisClusterAsyncCommands::ping)
                .thenApply(_ -> true)
                .exceptionallyCompose(failure -> isAnswer(failure)
                        ? CompletableFuture.completedStage(true)
                        : CompletableFuture.failedStage(failure));
    }

    private static boolean isAnswer(Throwable failure) {
        return failure instanceof RedisCommandExecutionException
                || failure.getCause() instanceof RedisCommandExecutionException;
    }

    /**
     * Problems of all primaries, each a sentence that says what to do; empty when there is none. Rights and evictions are as
     * of the last periodic check, at most every 5 s. Fails if no primary answers.
     */
    public CompletionStage<List<String>> complaints() {
        return ping().thenCompose(_ -> {
            List<CompletableFuture<List<String>>> answers = redis.primaries().stream()
                    .map(primary -> complaints(primary).toCompletableFuture())
                    .toList();
            return CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new))
                    .thenApply(_ -> answers.stream()
                            .flatMap(answer -> answer.join().stream())
                            .distinct()
                            .toList());
        });
    }

    private CompletionStage<List<String>> complaints(Primary primary) {
        return ping(primary)
                .thenCompose(_ -> redis.send(primary, ServerSettings::read))
                .thenApply(settings -> judge(primary, settings))
                .exceptionally(failure -> List.of("the Redis primary " + redis.addressOf(primary)
                        + " does not answer: its keys are checked in Postgres, which is slower and limited"));
    }

    private List<String> judge(Primary primary, Map<String, String> settings) {
        String address = redis.addressOf(primary);
        var wrong = new ArrayList<String>();
        Found last = found.get(primary.id());
        if (last != null && !last.refused.isEmpty()) {
            wrong.add("Redis (" + address + ") does not let this user run " + String.join(", ", last.refused)
                    + " on the keys of Keylapse, so Redis cannot be relied on; give the user the rights that"
                    + " docs/deployment.md lists");
        }
        if (trust.isDistrusted(primary)) {
            wrong.add("Redis (" + address
                    + ") is not trusted, because it is being rebuilt from Postgres or its mark cannot"
                    + " be read: keys are checked in Postgres, which is slower and limited");
        }
        if (last != null && last.evicting) {
            wrong.add("Redis (" + address
                    + ") is evicting keys, and each evicted key costs a Postgres query; give Redis more memory,"
                    + " about 250 bytes for each active key");
        }
        wrong.addAll(ServerSettings.complaints(settings));
        return wrong;
    }

    @PostConstruct
    void start() {
        loop = loops.startAfter(DELAY, "redis-health", PAUSE, BOUND, this::look);
    }

    @PreDestroy
    void stop() throws InterruptedException {
        BackgroundLoop started = loop;
        if (started != null) {
            started.interrupt();
        }
    }

    /** Logs each new problem once, and once more when all are solved. */
    private void look() throws InterruptedException, TimeoutException {
        try {
            var _ = clock.refreshAll();
            List<Primary> primaries = redis.primaries();
            forgetAllBut(primaries);
            for (Primary primary : primaries) {
                await(examine(primary).exceptionally(_ -> false));
            }
            logNew(await(complaints()));
        } catch (ExecutionException e) {
            LOG.debug("the periodic check of Redis failed, because Redis does not answer: {}", e.toString());
        }
    }

    private static <T> T await(CompletionStage<T> stage)
            throws InterruptedException, ExecutionException, TimeoutException {
        return stage.toCompletableFuture().get(PAUSE.toMillis(), TimeUnit.MILLISECONDS);
    }

    private CompletionStage<Boolean> examine(Primary primary) {
        return rights.missing(primary).thenCombine(redis.send(primary, ServerSettings::info), (refused, info) -> {
            found.compute(
                    primary.id(),
                    (_, last) -> found(primary, last, refused, Long.parseLong(info.getOrDefault(EVICTED, "-1"))));
            return true;
        });
    }

    private Found found(Primary primary, @Nullable Found last, List<String> refused, long evicted) {
        return last == null
                ? new Found(gauge(primary), refused, evicted, false)
                : new Found(last.gauge, refused, evicted, last.evicted >= 0 && evicted > last.evicted);
    }

    private Gauge gauge(Primary primary) {
        return Gauge.builder("keylapse.redis.evicted", found, all -> {
                    Found last = all.get(primary.id());
                    return last == null || last.evicted < 0 ? Double.NaN : last.evicted;
                })
                .description("keys that this primary has evicted since its start; should be 0")
                .tag("primary", redis.addressOf(primary))
                .register(meters);
    }

    private void forgetAllBut(List<Primary> primaries) {
        found.forEach((id, each) -> {
            if (primaries.stream().noneMatch(primary -> primary.id().equals(id))) {
                found.remove(id);
                meters.remove(each.gauge);
            }
        });
    }

    private void logNew(List<String> wrong) {
        wrong.stream()
                .filter(sentence -> !logged.contains(sentence))
                .forEach(sentence -> LOG.warn("Redis: {}", sentence));
        if (wrong.isEmpty() && !logged.isEmpty()) {
            LOG.info("Redis: all problems are solved");
        }
        logged = wrong;
    }
}
