package io.keylapse.attack;

import io.keylapse.attack.Memory.Reading;
import io.keylapse.attack.SteadyCalls.Call;
import io.keylapse.attack.wire.Tally;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A stretch of the attack.
 *
 * @param attackers those that attacked, and what they did
 * @param calls what became of the calls that were due in it, by who made them
 * @param peak the most memory that was seen in it, with what was garbage
 */
record Phase(String name, double seconds, Map<String, Tally> attackers, Map<String, Calls> calls, Reading peak) {
    /**
     * What became of some calls; times from when each was due, in milliseconds.
     *
     * @param others answers with another status than 200, by status
     * @param unanswered how many had no answer within {@link SteadyCalls#PATIENCE}
     * @param mostLate how late a call was made for want of a processor of our own
     */
    record Calls(
            boolean promised,
            int made,
            Map<Integer, Integer> others,
            int unanswered,
            double p50,
            double p99,
            double max,
            double mostLate) {
        static Calls of(boolean promised, List<Call> calls) {
            var others = new TreeMap<Integer, Integer>();
            calls.stream()
                    .filter(call -> call.status() != 200 && call.status() != 0)
                    .forEach(call -> others.merge(call.status(), 1, Integer::sum));
            long[] took = calls.stream().mapToLong(Call::took).sorted().toArray();
            return new Calls(
                    promised,
                    calls.size(),
                    others,
                    (int) calls.stream().filter(call -> call.status() == 0).count(),
                    percentile(took, 50),
                    percentile(took, 99),
                    percentile(took, 100),
                    millis(calls.stream().mapToLong(Call::late).max().orElse(0)));
        }

        int failed() {
            return unanswered
                    + others.values().stream().mapToInt(Integer::intValue).sum();
        }

        private static double percentile(long[] sorted, int percent) {
            return sorted.length == 0 ? 0 : millis(sorted[Math.ceilDiv(sorted.length * percent, 100) - 1]);
        }

        private static double millis(long nanos) {
            return Math.round(nanos / 10_000.0) / 100.0;
        }
    }
}
