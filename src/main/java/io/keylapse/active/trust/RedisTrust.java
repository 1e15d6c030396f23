package io.keylapse.active.trust;

import io.keylapse.active.redis.Primary;
import io.keylapse.active.redis.RedisConnection;
import io.keylapse.history.CurrentHistory;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Trust in each Redis primary: whether checks use its entries, and whether this node may write to it.
 *
 * <p>A primary is trusted for valid keys if its mark says that it follows the history of our Postgres, and if the position
 * of the mark is not before the position from which this node's {@link VersionFloors} are complete. Then this node knows
 * every change that the primary may lack. A primary that was emptied or has fallen behind is not trusted until it has been
 * brought up to date; until then Postgres answers. For tombstones the first condition suffices, except during a rebuild.
 *
 * <p>A primary may be written to if its mark is absent or follows our history, and while Postgres itself is trusted.
 *
 * <p>A new connection may lead to another server. Trust therefore ends whenever a connection is lost or made, and returns
 * when the mark has been read again, which is requested at once. The {@link Epoch} advances with the loss of trust, and
 * with a mark that is absent or has moved back.
 */
@Singleton
public final class RedisTrust {
    /** A mark that was read longer ago than this is read again before a write. */
    private static final Duration RECENT = Duration.ofSeconds(1);

    private static final long NO_POSITION = -1;

    private final MarkStore marks;
    private final VersionFloors floors;
    private final Epoch epoch;
    private final CurrentHistory history;
    private final Map<String, Judgement> judgements = new ConcurrentHashMap<>();
    private final AtomicLong timesForgotten = new AtomicLong();
    private long forgottenAt = System.nanoTime();

    /**
     * Latest judgement of a primary.
     *
     * @param position position up to which the primary has every change; negative when the mark does not give one
     * @param asked when the mark was requested, by {@link System#nanoTime}
     */
    private record Judgement(TrustState state, long position, long asked) {
        boolean mayBeWritten() {
            return state == TrustState.OURS || state == TrustState.UNMARKED;
        }
    }

    RedisTrust(MarkStore marks, VersionFloors floors, Epoch epoch, CurrentHistory history, RedisConnection redis) {
        this.marks = marks;
        this.floors = floors;
        this.epoch = epoch;
        this.history = history;
        redis.onConnectionChange(() -> {
            forget();
            redis.primaries().forEach(this::look);
        });
    }

    /** Ends the trust in all primaries until their marks have been read again. */
    public synchronized void forget() {
        timesForgotten.incrementAndGet();
        forgottenAt = System.nanoTime();
        judgements.clear();
        epoch.advance();
    }

    /** Whether this primary is trusted for valid keys. */
    public boolean isTrusted(Primary primary) {
        Judgement judged = judgements.get(primary.id());
        return judged != null
                && judged.state == TrustState.OURS
                && judged.position >= 0
                && judged.position >= floors.completeSince();
    }

    /** Whether this primary is trusted for tombstones. An older mark suffices: within one history a tombstone is final. */
    public boolean isTrustedForTombstones(Primary primary) {
        Judgement judged = judgements.get(primary.id());
        return judged != null && judged.state == TrustState.OURS && judged.position >= 0;
    }

    /** The latest judgement of a primary; null if there is none since trust last ended. */
    public @Nullable TrustState state(Primary primary) {
        Judgement judged = judgements.get(primary.id());
        return judged == null ? null : judged.state;
    }

    /**
     * Permission to write to a primary. Reads its mark first if it was last read more than 1 s ago.
     *
     * @return when the mark was requested, by {@link System#nanoTime}; empty if writing is not allowed
     */
    public CompletionStage<OptionalLong> permit(Primary primary) {
        Judgement judged = judgements.get(primary.id());
        return judged != null && System.nanoTime() - judged.asked < RECENT.toNanos()
                ? CompletableFuture.completedStage(permitted(judged))
                : look(primary).thenApply(_ -> permitted(judgements.get(primary.id())));
    }

    private OptionalLong permitted(@Nullable Judgement judged) {
        return judged != null && judged.mayBeWritten() && !history.isDoubted()
                ? OptionalLong.of(judged.asked)
                : OptionalLong.empty();
    }

    /**
     * Reads the mark of a primary and judges it without a query of Postgres, where that is possible. A mark that another
     * node has just renewed may be ahead of what this node has seen of Postgres; then the earlier judgement is kept.
     */
    public CompletionStage<MarkStore.Reading> look(Primary primary) {
        long asked = System.nanoTime();
        long before = timesForgotten.get();
        return marks.read(primary).thenApply(reading -> {
            settleUnlessForgotten(reading, asked, before);
            return reading;
        });
    }

    /** Ignores a reading that was requested before trust last ended: it may come from another server. */
    private synchronized void settleUnlessForgotten(MarkStore.Reading reading, long asked, long before) {
        if (timesForgotten.get() != before) {
            return;
        }
        Mark mark = reading.mark().orElse(null);
        if (mark == null) {
            settle(reading, TrustState.UNMARKED, asked);
        } else if (history.hasSeen(mark.moment())) {
            settle(reading, TrustState.OURS, asked);
        } else if (history.latest()
                .filter(now -> now.history().equals(mark.moment().history()))
                .isPresent()) {
            Judgement earlier = judgements.get(reading.primary().id());
            if (earlier != null) {
                settle(reading, earlier.state, asked);
            } else if (history.knows(mark.moment().milestone()) && floors.age().compareTo(RECENT) > 0) {
                // Postgres is not responding, and the milestone in the mark is from the history that it had before.
                settle(reading, TrustState.OURS, asked);
            }
        } else if (history.latest().isPresent()) {
            settle(reading, TrustState.FOREIGN, asked);
        }
    }

    /**
     * Stores the judgement of a mark. A judgement of a later reading is kept.
     *
     * @param asked when the mark was requested, by {@link System#nanoTime}
     */
    public synchronized void settle(MarkStore.Reading reading, TrustState state, long asked) {
        if (asked - forgottenAt < 0) {
            // The reading may be of an earlier server or an earlier history.
            return;
        }
        long position = state == TrustState.OURS && reading.mark().orElse(null) instanceof Mark.At(var _, long at)
                ? at
                : NO_POSITION;
        judgements.compute(reading.primary().id(), (_, before) -> {
            if (before != null && before.asked - asked > 0) {
                return before;
            }
            if (before != null && before.position > position) {
                epoch.advance();
            }
            return new Judgement(state, position, asked);
        });
    }
}
