package io.keylapse.active.watch;

import io.keylapse.active.redis.Primary;
import io.keylapse.active.redis.RedisClock;
import io.keylapse.active.redis.RedisConnection;
import io.keylapse.active.redis.RedisUnavailableException;
import io.keylapse.background.BackgroundLoop;
import io.keylapse.background.BackgroundLoops;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.micronaut.context.annotation.Context;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether Redis answers, and whether it is set as it must be.
 *
 * <p>Settings are read and never written: a managed Redis refuses {@code CONFIG SET}, and one that we do not own is not
 * ours to change.
 */
@Context
public final class RedisHealth {
    private static final Logger LOG = LoggerFactory.getLogger(RedisHealth.class);

    /** By then Redis has been reached, if it can be. */
    private static final Duration DELAY = Duration.ofSeconds(1);

    private static final Duration PAUSE = Duration.ofSeconds(10);
    private static final Duration BOUND = Duration.ofMinutes(1);

    private final RedisConnection redis;
    private final RedisClock clock;
    private final BackgroundLoops loops;
    private @Nullable BackgroundLoop looking;
    private boolean answered = true;
    private List<String> warned = List.of();

    RedisHealth(BackgroundLoops loops, RedisConnection redis, RedisClock clock) {
        this.loops = loops;
        this.redis = redis;
        this.clock = clock;
    }

    /** Asks Redis for its time; fails when no primary answers within the time-out of a command. */
    public CompletionStage<Long> ping() {
        return clock.refreshAll();
    }

    /**
     * Which primary of several does not answer, and what is set wrongly: each a sentence, and empty when all is well.
     * Fails when none answers.
     */
    public CompletionStage<List<String>> complaints() {
        return clock.refreshAll().thenCompose(_ -> {
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
        return redis.send(primary, commands -> commands.ping().thenCompose(_ -> settings(commands)))
                .thenApply(RedisHealth::judge)
                .exceptionally(failure -> List.of("the Redis primary " + redis.addressOf(primary)
                        + " does not answer: its keys are checked in Postgres, slower and up to its limit"));
    }

    private static CompletionStage<Map<String, String>> settings(RedisClusterAsyncCommands<byte[], byte[]> commands) {
        return read(commands, "maxmemory-policy")
                .thenCombine(read(commands, "notify-keyspace-events"), (policy, events) -> {
                    var settings = new HashMap<>(policy);
                    settings.putAll(events);
                    return settings;
                });
    }

    @PostConstruct
    void start() {
        looking = loops.startAfter(DELAY, "redis-health", PAUSE, BOUND, this::look);
    }

    @PreDestroy
    void stop() throws InterruptedException {
        BackgroundLoop started = looking;
        if (started != null) {
            started.interrupt();
        }
    }

    /** Says in the log what is wrong, once for as long as it stays so, and when it is over. */
    private void look() throws InterruptedException, TimeoutException {
        try {
            tell(complaints().toCompletableFuture().get(PAUSE.toMillis(), TimeUnit.MILLISECONDS));
        } catch (ExecutionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            if (cause instanceof RedisUnavailableException) {
                return; // Who tries to connect says so.
            }
            if (answered) {
                LOG.warn(
                        "Redis does not answer ({}); keys are checked in Postgres until it does",
                        String.valueOf(cause.getMessage()));
            }
            answered = false;
        }
    }

    private void tell(List<String> wrong) {
        if (!answered) {
            LOG.info("Redis answers again");
        }
        answered = true;
        if (!wrong.equals(warned)) {
            warned = wrong;
            wrong.forEach(sentence -> LOG.warn("Redis: {}", sentence));
        }
    }

    private static CompletionStage<Map<String, String>> read(
            RedisClusterAsyncCommands<byte[], byte[]> commands, String setting) {
        return commands.configGet(setting).exceptionally(refused -> Map.of());
    }

    static List<String> judge(Map<String, String> settings) {
        var wrong = new ArrayList<String>();
        String policy = settings.get("maxmemory-policy");
        if (policy != null && !policy.equals("noeviction")) {
            wrong.add(
                    "maxmemory-policy is " + policy + ", so Redis may throw active keys away, each then costing a query"
                            + " of Postgres; set it to noeviction");
        }
        String events = settings.get("notify-keyspace-events");
        if (events != null && !announcesExpiry(events)) {
            wrong.add("notify-keyspace-events is \"" + events + "\", so expiries are recorded by the sweep alone, some"
                    + " seconds late; set it to Ex");
        }
        return wrong;
    }

    private static boolean announcesExpiry(String events) {
        return events.contains("E") && (events.contains("x") || events.contains("A"));
    }
}
