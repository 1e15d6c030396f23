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
 * Bulk access to the entries in Redis, to compare them with Postgres and to fill a primary. Uses {@code SCAN}, {@code GET},
 * {@code SET ... NX PXAT} and {@code replace.lua}; checks do not use this class.
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
     * Raw value of a key in Redis.
     *
     * @param bytes null if Redis has no entry for the key
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared as a record
    public record Stored(KeyName name, byte @Nullable [] bytes) {
        /** The decoded entry; empty if there is none or it cannot be decoded. */
        public Optional<ActiveEntry> entry() {
            try {
                return Optional.ofNullable(bytes).map(EntryCodec::decode);
            } catch (IllegalArgumentException e) {
                return Optional.empty();
            }
        }
    }

    /**
     * Page of key names in a primary. As with {@code SCAN}, a name may come twice.
     *
     * @param more cursor of the next page; null after the last one
     */
    public record Names(List<KeyName> names, @Nullable ScanCursor more) {}

    /** Reads the next page of names; a null cursor starts at the beginning. */
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

    /** Reads the values of these keys, in the same order. Waits for the answers. */
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

    /** Result of a replacement. */
    public enum Replaced {
        DONE,
        /** Redis no longer holds the value that was seen. */
        HAS_CHANGED,
        /** The write came after its deadline, or this Redis does not follow our history. */
        NOT_ALLOWED
    }

    /**
     * Compare-and-set regardless of versions: replaces a value if Redis still holds exactly what was seen.
     *
     * @param entry new entry; null to delete
     * @param deadline taken before {@code entry} was read from Postgres
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
            ActiveKeys.number(entry == null ? 0 : ActiveKeys.minLifetime(entry).toMillis()),
            ActiveKeys.number(permit.until())
        };
        return redis.send(commands -> REPLACE.<List<Long>>run(commands, redisName, arguments))
                .thenApply(answer -> switch (answer.getFirst().intValue()) {
                    case 1 -> Replaced.DONE;
                    case 0 -> Replaced.HAS_CHANGED;
                    default -> Replaced.NOT_ALLOWED;
                });
    }

    /** Live entry with the name of its key. */
    public record Named(KeyName name, ActiveEntry.Live entry) {}

    /**
     * Writes many entries for keys that Redis does not have, in one pipeline, and waits for all answers.
     *
     * @param deadline taken before the entries were read
     * @return entries that were not written because Redis already holds an entry of the key, perhaps an older one
     * @throws IllegalStateException if the deadline passed before the entries were sent
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
            throw new IllegalStateException("the write deadline passed before the entries were sent");
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
