package io.keylapse.attack;

import io.keylapse.attack.Phase.Calls;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Those who call the service while it is attacked: gateways on both ports, an orchestrator, and an admin. */
final class Bystanders implements AutoCloseable {
    private static final int CHECKS_PER_SECOND = 100;
    private static final int OTHERS_PER_SECOND = 2;

    private final List<SteadyCalls> all;

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
        all.forEach(SteadyCalls::start);
    }

    /** What became of the calls that were due in that stretch of {@link System#nanoTime()}, by who made them. */
    Map<String, Calls> between(long from, long to) {
        var calls = new LinkedHashMap<String, Calls>();
        all.forEach(each -> calls.put(each.name(), Calls.of(each.promised(), each.between(from, to))));
        return calls;
    }

    /** Makes no more calls, and waits for those under way. */
    void end() throws InterruptedException {
        for (SteadyCalls each : all) {
            each.end();
        }
    }

    @Override
    public void close() {
        all.forEach(SteadyCalls::close);
    }
}
