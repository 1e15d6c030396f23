package io.keylapse.sync;

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

/** Takes a Redis away from the Postgres that it follows, so that the next node which starts fills it from its own. */
@Singleton
public final class TakeOver {
    private final RedisConnection redis;
    private final MarkStore marks;

    TakeOver(RedisConnection redis, MarkStore marks) {
        this.redis = redis;
        this.marks = marks;
    }

    /**
     * What became of it.
     *
     * @param done whether no primary follows anybody any more
     * @param lines for a person, one for each primary
     */
    public record Result(boolean done, List<String> lines) {}

    /** Takes every primary away from whom it follows, unless some node still renews one. */
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
            return name + " followed nobody";
        }
        History history = reading.mark().map(Mark::moment).orElseThrow().history();
        return name + " followed installation " + history.installation() + " on timeline " + history.timeline()
                + " of Postgres " + history.system() + ", last renewed "
                + reading.age().toSeconds() + " s ago";
    }
}
