package io.keylapse.active.watch;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.keylapse.active.redis.Primary;
import io.keylapse.active.redis.RedisConnection;
import io.keylapse.active.redis.RedisSettings;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.SetArgs;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/**
 * Check of the commands that Redis's access list (ACL) allows. Each command is tried on a name that no key has, because
 * {@code ACL DRYRUN} needs Redis 7 and a right of its own. The {@link Canary} tests the right to subscribe.
 */
final class RedisRights {
    private static final String REFUSED = "NOPERM";

    /** Digest of no script; the expected reply is {@code NOSCRIPT}. */
    private static final String NO_SCRIPT = "0".repeat(40);

    private final RedisConnection redis;
    private final String prefix;
    private final byte[] channel;

    RedisRights(RedisConnection redis, RedisSettings settings) {
        this.redis = redis;
        this.prefix = settings.keyPrefix();
        this.channel = settings.changesChannel();
    }

    /** Commands that the access list refuses. Fails if the server does not answer. */
    CompletionStage<List<String>> missing(Primary primary) {
        // Longer than the name of a key. The tag makes a Cluster route it to this primary.
        byte[] name = (prefix + "{" + primary.tag() + "}canary:rights-of-this-user").getBytes(UTF_8);
        return redis.send(primary, commands -> missing(attempts(name), commands));
    }

    private Map<String, Attempt> attempts(byte[] name) {
        byte[][] names = {name};
        var attempts = new LinkedHashMap<String, Attempt>();
        attempts.put("PING", RedisClusterAsyncCommands::ping);
        attempts.put("TIME", RedisClusterAsyncCommands::time);
        attempts.put("INFO", commands -> commands.info("server"));
        attempts.put("ROLE", RedisClusterAsyncCommands::role);
        attempts.put("GET", commands -> commands.get(name));
        // NX with XX is a syntax error, so nothing is written: Redis may belong to another installation.
        attempts.put(
                "SET",
                commands -> commands.set(name, new byte[0], SetArgs.Builder.nx().xx()));
        attempts.put("DEL", commands -> commands.del(name));
        attempts.put("TOUCH", commands -> commands.touch(name));
        attempts.put("SCAN", commands -> commands.scan(ScanArgs.Builder.limit(1)));
        attempts.put("EVAL", commands -> commands.eval("return 1", ScriptOutputType.INTEGER, names));
        attempts.put("EVALSHA", commands -> commands.evalsha(NO_SCRIPT, ScriptOutputType.INTEGER, names));
        // Subscribers ignore a message without a key.
        attempts.put("PUBLISH", commands -> commands.publish(channel, new byte[0]));
        return attempts;
    }

    @FunctionalInterface
    private interface Attempt extends Function<RedisClusterAsyncCommands<byte[], byte[]>, CompletionStage<?>> {}

    private static CompletionStage<List<String>> missing(
            Map<String, Attempt> attempts, RedisClusterAsyncCommands<byte[], byte[]> commands) {
        var refused = new LinkedHashMap<String, CompletableFuture<Boolean>>();
        attempts.forEach((command, attempt) -> refused.put(
                command,
                attempt.apply(commands)
                        .handle((_, failure) -> failure != null && isRefused(failure))
                        .toCompletableFuture()));
        return CompletableFuture.allOf(refused.values().toArray(CompletableFuture[]::new))
                .thenApply(_ -> refused.entrySet().stream()
                        .filter(each -> each.getValue().join())
                        .map(Map.Entry::getKey)
                        .toList());
    }

    private static boolean isRefused(Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        return cause instanceof RedisCommandExecutionException said
                && String.valueOf(said.getMessage()).startsWith(REFUSED);
    }
}
