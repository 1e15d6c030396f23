package io.keylapse.sync.owner;

import io.keylapse.active.redis.Primary;
import io.keylapse.active.redis.RedisConnection;
import io.keylapse.active.trust.Mark;
import io.keylapse.active.trust.MarkStore;
import io.keylapse.active.trust.MarkStore.Reading;
import io.keylapse.active.trust.TrustState;
import io.keylapse.history.History;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.List;

/** Take-over of a Redis that follows another Postgres: deletes its marks, so that the next node to start rebuilds it. */
@Singleton
public final class TakeOver {
    private final RedisConnection redis;
    private final MarkStore marks;

    TakeOver(RedisConnection redis, MarkStore marks) {
        this.redis = redis;
        this.marks = marks;
    }

    /**
     * Result of a take-over.
     *
     * @param done whether no primary follows any Postgres now
     * @param lines description for the operator, one line for each primary and one on what to do
     */
    public record Result(boolean done, List<String> lines) {}

    /** Deletes the mark of every primary, unless a node still renews one of them. */
    public Result run() {
        List<Reading> readings = redis.primaries().stream().map(this::read).toList();
        boolean inUse = readings.stream()
                .anyMatch(each -> each.mark().isPresent() && each.age().compareTo(TrustState.RENEWED) <= 0);
        var lines = new ArrayList<String>();
        boolean done = !inUse;
        for (Reading each : readings) {
            boolean removed = inUse || marks.remove(each).toCompletableFuture().join();
            done &= removed;
            lines.add(describe(each) + (inUse ? "" : removed ? ": taken over" : ": has just changed; try again"));
        }
        if (inUse) {
            lines.add("some node still uses it; stop every node that does, wait " + TrustState.RENEWED.toSeconds()
                    + " s and try again");
        }
        return new Result(done, lines);
    }

    private Reading read(Primary primary) {
        return marks.read(primary).toCompletableFuture().join();
    }

    private static String describe(Reading reading) {
        String name = "Redis " + reading.primary().id();
        if (reading.mark().isEmpty()) {
            return name + " followed no Postgres";
        }
        History history = reading.mark().map(Mark::moment).orElseThrow().history();
        return name + " followed installation " + history.installation() + " on timeline " + history.timeline()
                + " of Postgres " + history.system() + ", last renewed "
                + reading.age().toSeconds() + " s ago";
    }
}
