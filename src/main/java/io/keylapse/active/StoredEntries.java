package io.keylapse.active;

import io.keylapse.active.WritePermits.Permit;
import io.keylapse.active.redis.Primary;
import io.keylapse.active.redis.RedisConnection;
import io.keylapse.active.redis.RedisScript;
import io.keylapse.key.KeyName;
import io.lettuce.core.KeyScanCursor;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanCursor;
import io.lettuce.core.SetArgs;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * All that Redis holds, for comparing it and for filling it: {@code SCAN}, {@code GET}, {@code SET ... NX PXAT} and {@code
 * replace.lua}, none of which a check ever sends.
 */
@Singleton
public final class StoredEntries {
    private static final RedisScript REPLACE = RedisScript.beside(StoredEntries.class, "replace.lua");
    private static final int NAMES_PER_SCAN = 1_000;
    private static final byte[] NOTHING = {};

    private final RedisConnection redis;
    private final RedisNames names;
    private final WritePermits permits;

    StoredEntries(RedisConnection redis, RedisNames names, WritePermits permits) {
        this.redis = redis;
        this.names = names;
        this.permits = permits;
    }

    /**
     * What is stored under a name.
     *
     * @param bytes as they are; null when there are none
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared as a record
    public record Stored(KeyName name, byte @Nullable [] bytes) {
        /** The entry, if there is one and it can be read. */
        public Optional<ActiveEntry> entry() {
            try {
                return Optional.ofNullable(bytes).map(EntryCodec::decode);
            } catch (IllegalArgumentException e) {
                return Optional.empty();
            }
        }
    }

    /**
     * Names of ours that a primary has; some may come twice.
     *
     * @param more where to go on, or null at the end
     */
    public record Names(List<KeyName> names, @Nullable ScanCursor more) {}

    /** The next names, from the beginning if there is no cursor. */
    public CompletionStage<Names> scan(Primary primary, @Nullable ScanCursor cursor) {
        var arguments = ScanArgs.Builder.limit(NAMES_PER_SCAN).match(names.pattern());
        CompletionStage<KeyScanCursor<byte[]>> found =
                redis.send(primary, commands -> commands.scan(cursor == null ? ScanCursor.INITIAL : cursor, arguments));
        return found.thenApply(page -> new Names(
                page.getKeys().stream()
                        .map(names::decode)
                        .flatMap(Optional::stream)
                        .toList(),
                page.isFinished() ? null : page));
    }

    /** What is stored under these names, in their order. */
    public List<Stored> read(List<KeyName> wanted) {
        var answers = wanted.stream()
                .map(name ->
                        redis.send(commands -> commands.get(names.encode(name))).toCompletableFuture())
                .toList();
        var stored = new ArrayList<Stored>(wanted.size());
        for (int i = 0; i < wanted.size(); i++) {
            stored.add(new Stored(wanted.get(i), answers.get(i).join()));
        }
        return stored;
    }

    /** What became of a replacement. */
    public enum Replaced {
        DONE,
        /** Something else is there than was seen. */
        HAS_CHANGED,
        /** It would have come too late to count, or this Redis does not follow our history. */
        NOT_ALLOWED
    }

    /**
     * Puts an entry, or nothing, in the place of another, whatever their versions, unless it has changed meanwhile.
     *
     * @param deadline taken before the wanted entry was read from Postgres
     */
    public CompletionStage<Replaced> replace(Stored seen, @Nullable ActiveEntry entry, WriteDeadline deadline) {
        byte[] redisName = names.encode(seen.name());
        return permits.ask(redis.primaryOf(redisName), deadline)
                .thenCompose(permit -> permit.isEmpty()
                        ? CompletableFuture.completedStage(Replaced.NOT_ALLOWED)
                        : replace(redisName, seen, entry, permit.get()));
    }

    private CompletionStage<Replaced> replace(
            byte[] redisName, Stored seen, @Nullable ActiveEntry entry, Permit permit) {
        byte[][] arguments = {
            seen.bytes() == null ? NOTHING : seen.bytes(),
            entry == null ? NOTHING : EntryCodec.encode(entry),
            ActiveKeys.number(entry == null ? 0 : ActiveKeys.keepUntil(entry, permit.now())),
            ActiveKeys.number(
                    entry == null ? 0 : ActiveKeys.leastLifetime(entry).toMillis()),
            ActiveKeys.number(permit.until())
        };
        return redis.send(commands -> REPLACE.<List<Long>>run(commands, redisName, arguments))
                .thenApply(answer -> switch (answer.getFirst().intValue()) {
                    case 1 -> Replaced.DONE;
                    case 0 -> Replaced.HAS_CHANGED;
                    default -> Replaced.NOT_ALLOWED;
                });
    }

    /** A live entry and its name. */
    public record Named(KeyName name, ActiveEntry.Live entry) {}

    /**
     * Writes entries where there are none, many at once, and waits for them all.
     *
     * @param deadline taken before the entries were read
     * @return those that found something there already, maybe an older version
     */
    public List<Named> fill(RedisConnection.Bulk bulk, List<Named> entries, WriteDeadline deadline) {
        var answers = new ArrayList<RedisFuture<String>>(entries.size());
        for (Named each : entries) {
            long keepUntil = ActiveKeys.keepUntil(each.entry, 0);
            SetArgs onlyIfAbsent = SetArgs.Builder.nx();
            answers.add(bulk.commands()
                    .set(
                            names.encode(each.name),
                            EntryCodec.encode(each.entry),
                            keepUntil == 0 ? onlyIfAbsent : onlyIfAbsent.pxAt(keepUntil)));
        }
        if (deadline.millisLeft() <= 0) {
            throw new IllegalStateException("this node was held up for too long");
        }
        bulk.flush();
        var present = new ArrayList<Named>();
        for (int i = 0; i < entries.size(); i++) {
            if (answers.get(i).toCompletableFuture().join() == null) {
                present.add(entries.get(i));
            }
        }
        return present;
    }
}
