package io.keylapse.attack;

import io.keylapse.attack.Memory.Reading;
import java.util.ArrayList;
import java.util.List;

/**
 * The results of an attack.
 *
 * @param idle memory of the service after its start and some checks, after a full collection
 * @param before the same before the attack, after all had attacked together for a moment
 * @param after the same after the attack, when it was back or time was up; null if it could not be read
 * @param settledAfter seconds from the end of the attack to that reading
 * @param alive whether the started process is still alive at the end
 * @param connectionsLeft connections of the service at the end, minus those before the attack; -1 if unknown
 * @param linesAboutMemory log lines about a lack of memory
 * @param logBytes bytes logged since the start of the attack
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

    /** Whether heap and direct memory are at most 10 % above their earlier values. */
    static boolean isBack(Reading after, Reading before) {
        return after.heap() <= before.heap() * 11 / 10 && after.direct() <= before.direct() * 11 / 10;
    }

    /** The broken promises, one line each. */
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
            broken.add("the process has exited");
        }
        if (linesAboutMemory > 0) {
            broken.add("memory was short: " + linesAboutMemory + " lines of the log");
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
