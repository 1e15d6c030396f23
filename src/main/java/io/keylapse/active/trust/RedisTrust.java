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
 * Which primaries are believed, and which may be written to.
 *
 * <p>A primary is believed when its mark says that it follows the history of our Postgres. Even then it is believed that a
 * key is good only if the mark reaches back to where this node's memory of changes begins. One that was emptied, or is
 * older than that, is asked but not believed until it has been brought up to date; Postgres answers meanwhile.
 *
 * <p>A primary is written to only while its mark does not say that it follows another history.
 *
 * <p>A connection that was lost may lead to another server when it is back, so all belief ends with it and comes back
 * with the next reading of the mark, which is asked for at once and on the same connection. With it, and with a mark
 * that is gone or further back than it was, an {@link Epoch} ends too.
 */
@Singleton
public final class RedisTrust {
    /** A reading of the mark that is older than this is taken anew before somebody writes. */
    private static final Duration RECENT = Duration.ofSeconds(1);

    private static final long NOWHERE = -1;

    private final MarkStore marks;
    private final VersionFloors recent;
    private final Epoch epoch;
    private final CurrentHistory history;
    private final Map<String, Known> known = new ConcurrentHashMap<>();
    private final AtomicLong forgotten = new AtomicLong();
    private long forgottenAt = System.nanoTime();

    /**
     * What is known of a primary.
     *
     * @param position up to which it has every change; negative when it does not say so
     * @param asked when it was asked for its mark, by {@link System#nanoTime}
     */
    private record Known(TrustState standing, long position, long asked) {
        boolean mayBeWritten() {
            return standing == TrustState.OURS || standing == TrustState.UNMARKED;
        }
    }

    RedisTrust(MarkStore marks, VersionFloors recent, Epoch epoch, CurrentHistory history, RedisConnection redis) {
        this.marks = marks;
        this.recent = recent;
        this.epoch = epoch;
        this.history = history;
        redis.onConnectionChange(() -> {
            forget();
            redis.primaries().forEach(this::look);
        });
    }

    /** Ends all belief, until the marks have been read again. */
    public synchronized void forget() {
        forgotten.incrementAndGet();
        forgottenAt = System.nanoTime();
        known.clear();
        epoch.advance();
    }

    /** Whether to believe what this primary says of a good key. */
    public boolean isBelieved(Primary primary) {
        Known of = known.get(primary.id());
        return of != null
                && of.standing == TrustState.OURS
                && of.position >= 0
                && of.position >= recent.completeSince();
    }

    /** Whether to believe this primary when it says that a key has ended, which nothing takes back within one history. */
    public boolean isBelievedOfEndings(Primary primary) {
        Known of = known.get(primary.id());
        return of != null && of.standing == TrustState.OURS && of.position >= 0;
    }

    /** What a primary is to this node; null when that is not known. */
    public @Nullable TrustState standing(Primary primary) {
        Known of = known.get(primary.id());
        return of == null ? null : of.standing;
    }

    /**
     * Whether this primary may be written to, and if so, when it was last asked whose it is, by {@link System#nanoTime}.
     * Asks it first if that is not known or was a while ago.
     */
    public CompletionStage<OptionalLong> permit(Primary primary) {
        Known of = known.get(primary.id());
        return of != null && System.nanoTime() - of.asked < RECENT.toNanos()
                ? CompletableFuture.completedStage(permitted(of))
                : look(primary).thenApply(_ -> permitted(known.get(primary.id())));
    }

    private OptionalLong permitted(@Nullable Known of) {
        return of != null && of.mayBeWritten() && !history.isDoubted()
                ? OptionalLong.of(of.asked)
                : OptionalLong.empty();
    }

    /**
     * Reads the mark of a primary and judges by it from now on, as far as it can be judged without asking Postgres. A mark
     * that somebody renewed a moment ago may be ahead of what this node has seen; then the earlier judgement stands.
     */
    public CompletionStage<MarkStore.Reading> look(Primary primary) {
        long asked = System.nanoTime();
        long before = forgotten.get();
        return marks.read(primary).thenApply(reading -> {
            settleUnlessForgotten(reading, asked, before);
            return reading;
        });
    }

    /** A reading from before all belief ended may be that of another server, and does not begin it again. */
    private synchronized void settleUnlessForgotten(MarkStore.Reading reading, long asked, long before) {
        if (forgotten.get() != before) {
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
            Known sofar = known.get(reading.primary().id());
            if (sofar != null) {
                settle(reading, sofar.standing, asked);
            } else if (history.knows(mark.moment().milestone()) && recent.age().compareTo(RECENT) > 0) {
                // Postgres does not answer, and nothing says that this is not what it was when it did.
                settle(reading, TrustState.OURS, asked);
            }
        } else if (history.latest().isPresent()) {
            settle(reading, TrustState.FOREIGN, asked);
        }
    }

    /**
     * Takes note of what a mark was found to mean.
     *
     * @param asked when the mark was asked for, by {@link System#nanoTime}
     */
    public synchronized void settle(MarkStore.Reading reading, TrustState standing, long asked) {
        if (asked - forgottenAt < 0) {
            // It may be of the server, or of the history, before this one.
            return;
        }
        long position = standing == TrustState.OURS && reading.mark().orElse(null) instanceof Mark.At(var _, long at)
                ? at
                : NOWHERE;
        known.compute(reading.primary().id(), (_, before) -> {
            if (before != null && before.asked - asked > 0) {
                return before;
            }
            if (before != null && before.position > position) {
                epoch.advance();
            }
            return new Known(standing, position, asked);
        });
    }
}
