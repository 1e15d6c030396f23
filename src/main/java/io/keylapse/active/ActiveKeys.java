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
 * Redis commands for single keys. {@code name} is the prefix and the 16 bytes of {@link KeyName}:
 *
 * <pre>
 * GET name                      a check
 * EVALSHA apply.lua 1 name ...  a change, or the refill after a miss: versioned, with SET ... PXAT inside
 * TOUCH name name ...           makes Redis delete keys that are past their deadline
 * </pre>
 *
 * <p>No method blocks. A stage fails if Redis does not answer within the command timeout.
 */
@Singleton
public final class ActiveKeys {
    /**
     * How long Redis keeps a tombstone: far longer than {@link WriteDeadline#ALLOWANCE}, so that it outlives every write
     * of an older version.
     */
    public static final Duration TOMBSTONE_LIFETIME = Duration.ofMinutes(10);

    /** Minimum time to keep an entry of a later version, also if its deadline was brought forward. */
    private static final Duration MIN_LIFETIME = WriteDeadline.ALLOWANCE.multipliedBy(2);

    private static final RedisScript APPLY = RedisScript.beside(ActiveKeys.class, "apply.lua");

    private final RedisConnection redis;
    private final RedisNames names;
    private final RedisClock clock;
    private final RedisTrust trust;
    private final WritePermits permits;
    private final VersionFloors floors;
    private final byte[] channel;

    ActiveKeys(
            RedisConnection redis,
            RedisClock clock,
            RedisNames names,
            RedisTrust trust,
            WritePermits permits,
            VersionFloors floors,
            RedisSettings settings) {
        this.channel = settings.changesChannel();
        this.redis = redis;
        this.names = names;
        this.clock = clock;
        this.trust = trust;
        this.permits = permits;
        this.floors = floors;
    }

    /**
     * Reads the entry of a key, if it can be trusted. If empty, Postgres has to be asked; the key may still be valid. A
     * tombstone is trusted in every primary that follows our Postgres, because a revocation or rotation is final.
     */
    public CompletionStage<Optional<ActiveEntry>> find(KeyName name) {
        byte[] redisName = names.encode(name);
        return redis.send(commands -> commands.get(redisName))
                .thenApply(bytes -> Optional.ofNullable(bytes)
                        .map(EntryCodec::decode)
                        .filter(entry -> isTrusted(name, redisName, entry)));
    }

    /** Whether the primary of this key is trusted, that is, holds every valid key except those that have just changed. */
    public boolean isTrusted(KeyName name) {
        return trust.isTrusted(primaryOf(name));
    }

    private boolean isTrusted(KeyName name, byte[] redisName, ActiveEntry entry) {
        Primary primary = redis.primaryOf(redisName);
        return entry instanceof ActiveEntry.Tombstone
                ? trust.isTrustedForTombstones(primary)
                : trust.isTrusted(primary) && !floors.isOutOfDate(name, entry.version());
    }

    /** Result of a write. */
    public enum Written {
        /** Redis holds exactly this entry. */
        EXACTLY,
        /** Redis holds a newer version: the key has changed again, or Postgres has lost that change. */
        NEWER_IS_THERE,
        /** Redis holds a tombstone of the same version: the deadline has passed, or Postgres has lost the end of the key. */
        END_IS_THERE,
        /** The write arrived after its {@link WriteDeadline} and did nothing. */
        TOO_LATE,
        /** Nothing was sent: this Redis follows another history, or it is unknown which one it follows. */
        NOT_OURS
    }

    /**
     * Writes this version of a key, unless Redis holds a newer one.
     *
     * @param deadline taken before the entry was read or changed in Postgres
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
            number(minLifetime(entry).toMillis()),
            channel
        };
        return redis.send(commands -> APPLY.<List<Long>>run(commands, redisName, arguments))
                .thenApply(answer -> {
                    clock.observe(server, answer.get(1));
                    return written(answer.get(0));
                });
    }

    /** Translates the outcomes of {@code apply.lua}. */
    private static Written written(long outcome) {
        return switch ((int) outcome) {
            case 0, 1 -> Written.EXACTLY;
            case 2 -> Written.NEWER_IS_THERE;
            case 3 -> Written.END_IS_THERE;
            default -> Written.TOO_LATE;
        };
    }

    /** The primary that stores this key. */
    public Primary primaryOf(KeyName name) {
        return redis.primaryOf(names.encode(name));
    }

    /** Touches keys, so that Redis deletes and announces those that have expired. Returns how many it still has. */
    public CompletionStage<Long> touch(List<KeyName> due) {
        return redis.send(
                commands -> commands.touch(due.stream().map(names::encode).toArray(byte[][]::new)));
    }

    /** Reads the time of every primary. Returns that of the clock that is furthest behind, in ms since the Unix epoch. */
    public CompletionStage<Long> refreshClock() {
        return clock.refreshAll();
    }

    /** Instant until which Redis keeps an entry, as a Unix time in ms by its clock; 0 means forever. */
    static long keepUntil(ActiveEntry entry, long now) {
        return switch (entry) {
            case ActiveEntry.Tombstone _ -> now + TOMBSTONE_LIFETIME.toMillis();
            case ActiveEntry.Live live -> {
                Instant deadline = live.expiresAt();
                yield deadline == null ? 0 : deadline.toEpochMilli();
            }
        };
    }

    /** Minimum time to keep an entry. A first version needs none: there is no older version that could arrive late. */
    static Duration minLifetime(ActiveEntry entry) {
        return entry.version() > 1 ? MIN_LIFETIME : Duration.ofMillis(1);
    }

    static byte[] number(long value) {
        return Long.toString(value).getBytes(StandardCharsets.US_ASCII);
    }
}
