package io.keylapse.active;

import io.lettuce.core.api.async.RedisAsyncCommands;
import io.micronaut.scheduling.annotation.Scheduled;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether Redis answers, and whether it is set as it must be.
 *
 * <p>Settings are read and never written: a managed Redis refuses {@code CONFIG SET}, and one that we do not own is not
 * ours to change.
 */
@Singleton
public class RedisHealth {
    private static final Logger LOG = LoggerFactory.getLogger(RedisHealth.class);

    private final RedisConnection redis;
    private final ActiveKeys keys;
    private volatile List<String> warned = List.of();

    RedisHealth(RedisConnection redis, ActiveKeys keys) {
        this.redis = redis;
        this.keys = keys;
    }

    /** Asks Redis for its time; fails when it does not answer within the time-out of a command. */
    public CompletionStage<Long> ping() {
        return keys.refreshClock();
    }

    /**
     * What is set wrongly, each a sentence that says what to do; empty when all is well.
     */
    public CompletionStage<List<String>> misconfigurations() {
        return redis.send(commands -> read(commands, "maxmemory-policy")
                        .thenCombine(read(commands, "notify-keyspace-events"), (policy, events) -> {
                            var settings = new HashMap<>(policy);
                            settings.putAll(events);
                            return settings;
                        }))
                .thenApply(RedisHealth::judge);
    }

    /** Warns in the log of what is set wrongly, once for as long as it stays so. */
    @Scheduled(initialDelay = "1s", fixedDelay = "10s")
    void warn() {
        var _ = misconfigurations().thenAccept(wrong -> {
            if (!wrong.equals(warned)) {
                warned = wrong;
                wrong.forEach(sentence -> LOG.warn("Redis: {}", sentence));
            }
        });
    }

    /** The longest that {@link #ping} can take. */
    public static Duration timeout() {
        return RedisFactory.COMMAND_TIMEOUT;
    }

    private static CompletionStage<Map<String, String>> read(
            RedisAsyncCommands<byte[], byte[]> commands, String setting) {
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
