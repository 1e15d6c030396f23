package io.keylapse.attack;

import io.keylapse.attack.Memory.Reading;
import java.util.ArrayList;
import java.util.List;

/**
 * All that came of an attack.
 *
 * @param idle memory of the service when it had started and checked keys, after a full collection
 * @param before the same before the attack, when all had attacked together for a moment
 * @param after the same after the attack, when it had come down or time was up; null if it could not be read
 * @param settledAfter seconds from the end of the attack to that reading
 * @param alive whether the process that was started is alive in the end
 * @param connectionsLeft how many connections more than before the attack the service had in the end; -1 if it did not say
 * @param linesAboutMemory lines of its log that say that memory was short
 * @param logBytes how much it logged from the beginning of the attack on
 */
record Findings(
        List<Phase> phases,
        Reading idle,
        Reading before,
        Reading after,
        double settledAfter,
        boolean alive,
        int connectionsLeft,
        long linesAboutMemory,
        long logBytes) {
    private static final long MAX_LOG_BYTES = 1 << 20;

    /** Whether heap and direct memory are at most a tenth above what they were. */
    static boolean isBack(Reading after, Reading before) {
        return after.heap() <= before.heap() * 11 / 10 && after.direct() <= before.direct() * 11 / 10;
    }

    /** What was not as promised, in a line each. */
    List<String> broken() {
        var broken = new ArrayList<String>();
        for (Phase phase : phases) {
            phase.calls().forEach((name, calls) -> {
                if (calls.promised() && (calls.failed() > 0 || calls.made() == 0)) {
                    broken.add("%s, %s: of %d calls %d were unanswered, others than 200: %s"
                            .formatted(phase.name(), name, calls.made(), calls.unanswered(), calls.others()));
                }
            });
        }
        if (!alive) {
            broken.add("the process has ended");
        }
        if (linesAboutMemory > 0) {
            broken.add("memory was short, says the log in " + linesAboutMemory + " lines");
        }
        if (after == null) {
            broken.add("memory after the attack could not be read");
        } else if (!isBack(after, before)) {
            broken.add("memory is not back after %.0f s: %s, before %s".formatted(settledAfter, after, before));
        }
        if (connectionsLeft != 0) {
            broken.add("connections left: " + connectionsLeft);
        }
        if (logBytes > MAX_LOG_BYTES) {
            broken.add("the log grew by " + logBytes + " bytes");
        }
        return broken;
    }
}
