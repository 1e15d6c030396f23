package io.keylapse.sync;

import io.keylapse.active.redis.Primary;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Retry with back-off for rebuilds that fail: the pause after each failure, and which failures are worth a line in the log. */
final class FailedRebuilds {
    private static final Duration PAUSE = Duration.ofSeconds(1);
    private static final int MAX_PAUSES = 5;

    private final Map<String, Failure> latest = new ConcurrentHashMap<>();

    /** Of several attempts in a row that failed, the latest. */
    private record Failure(String why, int times, long notBefore) {}

    /** Whether the pause after the latest failure is over, or there was none. */
    boolean isDue(Primary primary) {
        Failure last = latest.get(primary.id());
        return last == null || System.nanoTime() - last.notBefore >= 0;
    }

    /** Whether the latest attempt failed. */
    boolean has(Primary primary) {
        return latest.containsKey(primary.id());
    }

    /** Takes note of a failure; returns whether the one before had another reason, or there was none. */
    boolean add(Primary primary, String why) {
        Failure before = latest.get(primary.id());
        int times = before == null ? 1 : before.times + 1;
        Duration pause = PAUSE.multipliedBy(Math.min(times, MAX_PAUSES));
        latest.put(primary.id(), new Failure(why, times, System.nanoTime() + pause.toNanos()));
        return before == null || !before.why.equals(why);
    }

    /** An attempt did not fail. */
    void clear(Primary primary) {
        latest.remove(primary.id());
    }
}
