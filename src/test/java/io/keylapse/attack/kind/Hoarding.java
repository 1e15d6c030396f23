package io.keylapse.attack.kind;

import io.keylapse.attack.wire.Attacker;
import io.keylapse.attack.wire.Line;
import io.keylapse.attack.wire.Requests;
import io.keylapse.attack.wire.Target;
import java.time.Duration;
import java.util.ArrayList;

/** Opens as many connections as it can. Half of them are silent; the others send a request every two seconds. */
record Hoarding(int connections) implements Attacker {
    private static final Duration ROUND = Duration.ofMillis(50);
    private static final int ROUNDS_BETWEEN_REQUESTS = 40;

    @Override
    public String name() {
        return "hoarding";
    }

    @Override
    public long bytes() {
        return 64L << 20;
    }

    @Override
    public void attack(Target target) throws InterruptedException {
        var lines = new ArrayList<Line>();
        for (int round = 0; target.goesOn(); round++) {
            target.refill(lines, _ -> {});
            for (int i = 0; i < lines.size(); i++) {
                Line line = lines.get(i);
                line.swallow();
                line.push();
                if ((round + i) % ROUNDS_BETWEEN_REQUESTS == 0 && i % 2 == 0 && line.isIdle()) {
                    line.send(Requests.bytes(Requests.get("/health/liveness")));
                }
            }
            target.pause(ROUND);
        }
    }
}
