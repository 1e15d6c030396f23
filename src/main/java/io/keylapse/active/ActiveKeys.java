package io.keylapse.active;

import io.keylapse.key.KeyName;
import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.codec.Base16;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * The active keys in Redis. Commands sent, where {@code name} is the prefix and the 16 bytes of {@link KeyName}:
 *
 * <pre>
 * GET name                      a check
 * EVALSHA apply.lua 1 name ...  a change, and the refill after a miss: versioned, with SET ... PXAT inside
 * TOUCH name name ...           the prompt that makes Redis expire what is due
 * </pre>
 *
 * <p>All methods return at once; a stage fails when Redis does not answer in time.
 */
@Singleton
public final class ActiveKeys {
    /**
     * How long Redis keeps a tombstone, or an entry whose deadline was brought forward: far longer than
     * {@link WriteDeadline#ALLOWANCE}, so that no older write outlives it.
     */
    static final Duration TOMBSTONE_LIFETIME = Duration.ofMinutes(10);

    private static final Duration SHORTENED_LIFETIME = WriteDeadline.ALLOWANCE.multipliedBy(2);
    private static final String APPLY = resource("apply.lua");

    private final RedisConnection redis;
    private final KeyNames names;
    private final RedisClock clock = new RedisClock();
    private final String applySha;

    ActiveKeys(RedisConnection redis, KeyNames names) {
        this.redis = redis;
        this.names = names;
        this.applySha = Base16.digest(APPLY.getBytes(StandardCharsets.UTF_8));
    }

    /** What Redis holds for a key; empty says nothing about the key, only about Redis. */
    public CompletionStage<Optional<ActiveEntry>> find(KeyName name) {
        return redis.send(commands -> commands.get(names.encode(name)))
                .thenApply(bytes -> Optional.ofNullable(bytes).map(EntryCodec::decode));
    }

    /**
     * Brings Redis up to this version of a key.
     *
     * @param deadline taken before the entry was read from Postgres or changed there
     * @return whether Redis now holds this version or a newer one; false when the write came too late to count
     */
    public CompletionStage<Boolean> apply(KeyName name, ActiveEntry entry, WriteDeadline deadline) {
        return serverMillis().thenCompose(now -> {
            byte[][] arguments = {
                EntryCodec.encode(entry),
                number(entry.version()),
                number(keepUntil(entry, now)),
                number(now + deadline.millisLeft()),
                number(leastLifetime(entry).toMillis())
            };
            byte[][] keys = {names.encode(name)};
            return redis.send(commands -> evaluate(commands, keys, arguments)).thenApply(answer -> {
                clock.observe(answer.get(1));
                return answer.get(0) >= 0;
            });
        });
    }

    /** Makes Redis look at these keys, and so delete and announce those that are due; returns how many it still has. */
    public CompletionStage<Long> touch(List<KeyName> due) {
        return redis.send(
                commands -> commands.touch(due.stream().map(names::encode).toArray(byte[][]::new)));
    }

    private CompletionStage<Long> serverMillis() {
        OptionalLong known = clock.millis();
        return known.isPresent() ? CompletableFuture.completedStage(known.getAsLong()) : refreshClock();
    }

    /** Asks the Redis server for its time, which also shows that it answers. */
    public CompletionStage<Long> refreshClock() {
        return redis.send(RedisAsyncCommands::time).thenApply(answer -> {
            long millis = Long.parseLong(ascii(answer.get(0))) * 1000 + Long.parseLong(ascii(answer.get(1))) / 1000;
            clock.observe(millis);
            return millis;
        });
    }

    private CompletionStage<List<Long>> evaluate(
            RedisAsyncCommands<byte[], byte[]> commands, byte[][] keys, byte[][] arguments) {
        CompletionStage<List<Long>> first = commands.evalsha(applySha, ScriptOutputType.MULTI, keys, arguments);
        return first.exceptionallyCompose(failure -> isNoScript(failure)
                ? commands.<List<Long>>eval(APPLY, ScriptOutputType.MULTI, keys, arguments)
                : CompletableFuture.failedStage(failure));
    }

    private static boolean isNoScript(Throwable failure) {
        return failure instanceof RedisNoScriptException || failure.getCause() instanceof RedisNoScriptException;
    }

    private static long keepUntil(ActiveEntry entry, long now) {
        return switch (entry) {
            case ActiveEntry.Tombstone _ -> now + TOMBSTONE_LIFETIME.toMillis();
            case ActiveEntry.Live live -> {
                Instant deadline = live.expiresAt();
                yield deadline == null ? 0 : deadline.toEpochMilli();
            }
        };
    }

    /** Only an entry that replaces another can be contradicted by a late write. */
    private static Duration leastLifetime(ActiveEntry entry) {
        return entry.version() > 1 ? SHORTENED_LIFETIME : Duration.ofMillis(1);
    }

    private static byte[] number(long value) {
        return Long.toString(value).getBytes(StandardCharsets.US_ASCII);
    }

    private static String ascii(byte[] bytes) {
        return new String(bytes, StandardCharsets.US_ASCII);
    }

    private static String resource(String name) {
        try (InputStream in = ActiveKeys.class.getResourceAsStream(name)) {
            return new String(Objects.requireNonNull(in, name).readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
