package io.keylapse.active.redis;

import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.lettuce.core.codec.Base16;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Lua script, run by {@code EVALSHA}, and by {@code EVAL} on a server that has not cached it. */
public final class RedisScript {
    private final String text;
    private final String sha;

    private RedisScript(String text) {
        this.text = text;
        this.sha = Base16.digest(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Loads the script from a resource in the package of a class. */
    public static RedisScript beside(Class<?> owner, String name) {
        try (InputStream in = owner.getResourceAsStream(name)) {
            return new RedisScript(new String(Objects.requireNonNull(in, name).readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Runs the script with one key. Returns its result, a list. */
    public <T> CompletionStage<T> run(
            RedisClusterAsyncCommands<byte[], byte[]> commands, byte[] key, byte[]... arguments) {
        byte[][] keys = {key};
        CompletionStage<T> first = commands.evalsha(sha, ScriptOutputType.MULTI, keys, arguments);
        return first.exceptionallyCompose(failure -> isUnknown(failure)
                ? commands.<T>eval(text, ScriptOutputType.MULTI, keys, arguments)
                : CompletableFuture.failedStage(failure));
    }

    private static boolean isUnknown(Throwable failure) {
        return failure instanceof RedisNoScriptException || failure.getCause() instanceof RedisNoScriptException;
    }
}
