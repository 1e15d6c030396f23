package io.keylapse.sync;

import io.keylapse.active.redis.Primary;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Back-off for failed rebuilds: a pause of 1 to 5 seconds after each failure, and a log line only for a new reason. */
final class FailedRebuilds {
    private static final Duration PAUSE = Duration.ofSeconds(1);
    private static final int MAX_PAUSES = 5;

    private final Map<String, Failure> latest = new ConcurrentHashMap<>();

    /** The latest of several failed attempts in a row. */
    private record Failure(String why, int times, long notBefore) {}

    /** Whether a rebuild may start: there was no failure, or the pause after it is over. */
    boolean isDue(Primary primary) {
        Failure last = latest.get(primary.id());
        return last == null || System.nanoTime() - last.notBefore >= 0;
    }

    /** Whether the latest attempt failed. */
    boolean has(Primary primary) {
        return latest.containsKey(primary.id());
    }

    /** Notes a failure. Returns whether its reason is new: there was no failure before, or one with another reason. */
    boolean add(Primary primary, String why) {
        Failure before = latest.get(primary.id());
        int times = before == null ? 1 : before.times + 1;
        Duration pause = PAUSE.multipliedBy(Math.min(times, MAX_PAUSES));
        latest.put(primary.id(), new Failure(why, times, System.nanoTime() + pause.toNanos()));
        return before == null || !before.why.equals(why);
    }

    /** Notes that an attempt succeeded. */
    void clear(Primary primary) {
        latest.remove(primary.id());
    }
}
