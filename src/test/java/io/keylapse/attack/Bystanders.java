package io.keylapse.attack;

import io.keylapse.attack.Phase.Calls;
import io.keylapse.attack.SteadyCalls.Call;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Regular clients that call the service during the attack: gateways on both ports, an orchestrator, and an admin. */
final class Bystanders implements AutoCloseable {
    private static final int CHECKS_PER_SECOND = 100;
    private static final int OTHERS_PER_SECOND = 2;

    private final List<SteadyCalls> all;
    private long started;

    Bystanders(AttackedService service) {
        all = List.of(
                new SteadyCalls(
                        "checks on the main port",
                        true,
                        CHECKS_PER_SECOND,
                        number -> service.check(service.mainPort(), number)),
                new SteadyCalls(
                        "checks on the gateway port",
                        true,
                        CHECKS_PER_SECOND,
                        number -> service.check(service.gatewayPort(), number)),
                new SteadyCalls("liveness", false, OTHERS_PER_SECOND, _ -> service.liveness()),
                new SteadyCalls("management", false, OTHERS_PER_SECOND, _ -> service.management()));
    }

    void start() {
        started = System.nanoTime();
        all.forEach(SteadyCalls::start);
    }

    /** The results of the calls that were due between two readings of {@link System#nanoTime()}, by client. */
    Map<String, Calls> between(long from, long to) {
        var calls = new LinkedHashMap<String, Calls>();
        all.forEach(each -> calls.put(each.name(), Calls.of(each.promised(), each.between(from, to))));
        return calls;
    }

    /** Stops calling, and waits for calls in progress. */
    void end() throws InterruptedException {
        for (SteadyCalls each : all) {
            each.end();
        }
    }

    /**
     * Whether all calls that were due in that period and have ended were answered in a fraction of the time that
     * clients wait.
     */
    boolean areServedWell(long from, long to) {
        return all.stream()
                .flatMap(each -> each.between(from, to).stream())
                .allMatch(call -> call.status() == 200 && call.took() < SteadyCalls.PATIENCE.toNanos() / 4);
    }

    /**
     * Writes one line per call: client, when it was due in ms since the start, how late it was sent, how long it took,
     * status.
     */
    void writeTo(Path file) throws IOException {
        long start = started;
        try (var out = new PrintWriter(Files.newBufferedWriter(file))) {
            out.println("who,due,late,took,status");
            for (SteadyCalls each : all) {
                for (Call call : each.between(start, Long.MAX_VALUE + start)) {
                    out.printf(
                            Locale.ROOT,
                            "%s,%.1f,%.1f,%.1f,%d%n",
                            each.name(),
                            (call.due() - start) / 1e6,
                            call.late() / 1e6,
                            call.took() / 1e6,
                            call.status());
                }
            }
        }
    }

    @Override
    public void close() {
        all.forEach(SteadyCalls::close);
    }
}
