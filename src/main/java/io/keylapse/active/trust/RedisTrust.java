package io.keylapse.active.trust;

import io.keylapse.active.redis.Primary;
import io.keylapse.active.redis.RedisConnection;
import jakarta.inject.Singleton;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Which primaries are believed when they say that a key is good: those whose mark reaches back to where this node's
 * memory of changes begins. One that was emptied, or is older than that, is asked but not believed until it has been
 * brought up to date; Postgres answers meanwhile.
 *
 * <p>A connection that was lost may lead to another server when it is back, so all belief ends with it and comes back
 * with the next reading of the mark, which is asked for at once and on the same connection. With it, and with a mark
 * that is gone or further back than it was, an {@link Epoch} ends too.
 */
@Singleton
public final class RedisTrust {
    private final Marks marks;
    private final RecentChanges recent;
    private final Epoch epoch;
    private final Map<String, Long> positions = new ConcurrentHashMap<>();

    RedisTrust(Marks marks, RecentChanges recent, Epoch epoch, RedisConnection redis) {
        this.marks = marks;
        this.recent = recent;
        this.epoch = epoch;
        redis.onConnectionChange(() -> {
            positions.clear();
            epoch.advance();
            redis.primaries().forEach(this::look);
        });
    }

    /** Whether to believe what this primary says of a good key. */
    public boolean isBelieved(Primary primary) {
        Long position = positions.get(primary.id());
        return position != null && position >= recent.completeSince();
    }

    /** Reads the mark of a primary and judges by it from now on. */
    public CompletionStage<Marks.Reading> look(Primary primary) {
        return marks.read(primary).thenApply(reading -> {
            Long before = reading.mark().orElse(null) instanceof Mark.At(long position)
                    ? positions.put(primary.id(), position)
                    : positions.remove(primary.id());
            if (before != null && before > positions.getOrDefault(primary.id(), -1L)) {
                epoch.advance();
            }
            return reading;
        });
    }
}
