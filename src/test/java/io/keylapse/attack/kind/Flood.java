package io.keylapse.attack.kind;

import io.keylapse.attack.wire.Attacker;
import io.keylapse.attack.wire.Line;
import io.keylapse.attack.wire.Requests;
import io.keylapse.attack.wire.Target;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;

/** Sends up to 5,000 requests per second of all kinds, pipelined, and reads the responses. */
record Flood(int connections) implements Attacker {
    private static final Duration ROUND = Duration.ofMillis(100);
    private static final int BATCH = 25;

    @Override
    public String name() {
        return "flood";
    }

    @Override
    public long bytes() {
        return 256L << 20;
    }

    @Override
    public void attack(Target target) throws InterruptedException {
        var batch = new StringBuilder();
        for (int i = 0; i < BATCH; i++) {
            batch.append(Requests.OF_ANYBODY.get(i % Requests.OF_ANYBODY.size()));
        }
        ByteBuffer requests = Requests.shared(batch.toString());
        var lines = new ArrayList<Line>();
        while (target.goesOn()) {
            target.refill(lines, _ -> {});
            for (Line line : lines) {
                line.swallow();
                line.push();
                if (line.isOpen() && line.isIdle()) {
                    line.send(requests.duplicate());
                }
            }
            target.pause(ROUND);
        }
    }
}
