package io.keylapse.active.watch;

import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;

/**
 * Check of a Redis server's own settings: its version, eviction policy and keyspace notifications.
 *
 * <p>Settings are read and never changed. A managed Redis refuses {@code CONFIG SET}, and a shared one belongs to others.
 * Those that cannot be read are assumed to be right.
 */
final class ServerSettings {
    private ServerSettings() {}

    /** Reads the settings: from {@code INFO}, a required right, and from {@code CONFIG GET}, an optional one. */
    static CompletionStage<Map<String, String>> read(RedisClusterAsyncCommands<byte[], byte[]> commands) {
        return info(commands)
                .thenCombine(read(commands, "maxmemory-policy"), ServerSettings::and)
                .thenCombine(read(commands, "notify-keyspace-events"), ServerSettings::and);
    }

    /** Fields of {@code INFO}; empty if it is not allowed or Redis does not answer. */
    static CompletionStage<Map<String, String>> info(RedisClusterAsyncCommands<byte[], byte[]> commands) {
        return commands.info()
                .<Map<String, String>>thenApply(text -> text.lines()
                        .map(line -> line.split(":", 2))
                        .filter(line -> line.length == 2)
                        .collect(Collectors.toMap(line -> line[0], line -> line[1], (_, last) -> last)))
                .exceptionally(refused -> Map.of());
    }

    private static CompletionStage<Map<String, String>> read(
            RedisClusterAsyncCommands<byte[], byte[]> commands, String setting) {
        return commands.configGet(setting).exceptionally(refused -> Map.of());
    }

    private static Map<String, String> and(Map<String, String> some, Map<String, String> more) {
        var all = new HashMap<>(some);
        all.putAll(more);
        return all;
    }

    /** What is wrong with these settings, each a sentence that says what to do; empty if nothing is. */
    static List<String> complaints(Map<String, String> settings) {
        var wrong = new ArrayList<String>();
        RedisVersion.complaint(settings)
                .ifPresent(complaint -> wrong.add("Redis " + complaint + ". Until then keys are checked in Postgres"));
        String policy = settings.getOrDefault("maxmemory-policy", settings.get("maxmemory_policy"));
        if (policy != null && !policy.equals("noeviction")) {
            wrong.add("maxmemory-policy is " + policy
                    + ", so Redis may evict active keys, and each evicted key costs a Postgres"
                    + " query; set it to noeviction");
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
