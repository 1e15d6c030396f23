package io.keylapse.active;

import io.keylapse.active.WritePermits.Permit;
import io.keylapse.active.redis.Primary;
import io.keylapse.active.redis.RedisClock;
import io.keylapse.active.redis.RedisConnection;
import io.keylapse.active.redis.RedisScript;
import io.keylapse.active.redis.RedisSettings;
import io.keylapse.active.trust.RedisTrust;
import io.keylapse.active.trust.VersionFloors;
import io.keylapse.key.KeyName;
import jakarta.inject.Singleton;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
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
    public static final Duration TOMBSTONE_LIFETIME = Duration.ofMinutes(10);

    private static final Duration SHORTENED_LIFETIME = WriteDeadline.ALLOWANCE.multipliedBy(2);
    private static final RedisScript APPLY = RedisScript.beside(ActiveKeys.class, "apply.lua");

    private final RedisConnection redis;
    private final RedisNames names;
    private final RedisClock clock;
    private final RedisTrust trust;
    private final WritePermits permits;
    private final VersionFloors recent;
    private final byte[] channel;

    ActiveKeys(
            RedisConnection redis,
            RedisClock clock,
            RedisNames names,
            RedisTrust trust,
            WritePermits permits,
            VersionFloors recent,
            RedisSettings settings) {
        this.channel = settings.changesChannel();
        this.redis = redis;
        this.names = names;
        this.clock = clock;
        this.trust = trust;
        this.permits = permits;
        this.recent = recent;
    }

    /**
     * What Redis holds for a key and may be believed of it; empty says nothing about the key, only about Redis. Of a
     * primary that follows our Postgres a tombstone is always believed, because nothing takes it back.
     */
    public CompletionStage<Optional<ActiveEntry>> find(KeyName name) {
        byte[] redisName = names.encode(name);
        return redis.send(commands -> commands.get(redisName))
                .thenApply(bytes -> Optional.ofNullable(bytes)
                        .map(EntryCodec::decode)
                        .filter(entry -> isBelieved(name, redisName, entry)));
    }

    /** Whether the primary of this key is believed, that is, has all that is good but for what has just changed. */
    public boolean isBelieved(KeyName name) {
        return trust.isBelieved(primaryOf(name));
    }

    private boolean isBelieved(KeyName name, byte[] redisName, ActiveEntry entry) {
        Primary primary = redis.primaryOf(redisName);
        return entry instanceof ActiveEntry.Tombstone
                ? trust.isBelievedOfEndings(primary)
                : trust.isBelieved(primary) && !recent.isOutOfDate(name, entry.version());
    }

    /** What became of a write. */
    public enum Written {
        /** Redis holds exactly what was written. */
        EXACTLY,
        /** It holds a newer version: the key has changed again, or Postgres has lost that change. */
        NEWER_IS_THERE,
        /** It holds a tombstone of the same version: the deadline has passed, or Postgres has lost the end of the key. */
        END_IS_THERE,
        /** It would have come too late to count. */
        TOO_LATE,
        /** This Redis follows another history, or it is not known which one it follows. */
        NOT_OURS
    }

    /**
     * Brings Redis up to this version of a key.
     *
     * @param deadline taken before the entry was read from Postgres or changed there
     */
    public CompletionStage<Written> apply(KeyName name, ActiveEntry entry, WriteDeadline deadline) {
        byte[] redisName = names.encode(name);
        Primary server = redis.primaryOf(redisName);
        return permits.ask(server, deadline)
                .thenCompose(permit -> permit.isEmpty()
                        ? CompletableFuture.completedStage(Written.NOT_OURS)
                        : write(server, redisName, entry, permit.get()));
    }

    private CompletionStage<Written> write(Primary server, byte[] redisName, ActiveEntry entry, Permit permit) {
        byte[][] arguments = {
            EntryCodec.encode(entry),
            number(entry.version()),
            number(keepUntil(entry, permit.now())),
            number(permit.until()),
            number(leastLifetime(entry).toMillis()),
            channel
        };
        return redis.send(commands -> APPLY.<List<Long>>run(commands, redisName, arguments))
                .thenApply(answer -> {
                    clock.observe(server, answer.get(1));
                    return written(answer.get(0));
                });
    }

    /** By the outcomes of {@code apply.lua}. */
    private static Written written(long outcome) {
        return switch ((int) outcome) {
            case 0, 1 -> Written.EXACTLY;
            case 2 -> Written.NEWER_IS_THERE;
            case 3 -> Written.END_IS_THERE;
            default -> Written.TOO_LATE;
        };
    }

    /** The server that has this key. */
    public Primary primaryOf(KeyName name) {
        return redis.primaryOf(names.encode(name));
    }

    /** Makes Redis look at these keys, and so delete and announce those that are due; returns how many it still has. */
    public CompletionStage<Long> touch(List<KeyName> due) {
        return redis.send(
                commands -> commands.touch(due.stream().map(names::encode).toArray(byte[][]::new)));
    }

    /** Asks Redis for its time; of several primaries, that of the one whose clock is furthest behind. */
    public CompletionStage<Long> refreshClock() {
        return clock.refreshAll();
    }

    /** Until when Redis keeps an entry, in ms by its clock; 0 for ever. */
    static long keepUntil(ActiveEntry entry, long now) {
        return switch (entry) {
            case ActiveEntry.Tombstone _ -> now + TOMBSTONE_LIFETIME.toMillis();
            case ActiveEntry.Live live -> {
                Instant deadline = live.expiresAt();
                yield deadline == null ? 0 : deadline.toEpochMilli();
            }
        };
    }

    /** Only an entry that replaces another can be contradicted by a late write. */
    static Duration leastLifetime(ActiveEntry entry) {
        return entry.version() > 1 ? SHORTENED_LIFETIME : Duration.ofMillis(1);
    }

    static byte[] number(long value) {
        return Long.toString(value).getBytes(StandardCharsets.US_ASCII);
    }
}
