package io.keylapse.attack;

import io.keylapse.attack.Memory.Reading;
import io.keylapse.attack.SteadyCalls.Call;
import io.keylapse.attack.wire.Tally;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A phase of the attack.
 *
 * @param attackers the attackers and what they did
 * @param calls the results of the calls that were due in this phase, by client
 * @param peak the maximum memory use in this phase, including garbage
 */
record Phase(String name, double seconds, Map<String, Tally> attackers, Map<String, Calls> calls, Reading peak) {
    /**
     * The results of some calls; times count from when each was due, in milliseconds.
     *
     * @param others the number of responses with a status other than 200, by status
     * @param unanswered the number of calls without a response within {@link SteadyCalls#PATIENCE}
     * @param mostLate the maximum delay before a call was sent, because the caller had no processor time
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
