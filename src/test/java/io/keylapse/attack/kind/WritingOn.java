package io.keylapse.attack.kind;

import io.keylapse.attack.wire.Attacker;
import io.keylapse.attack.wire.Line;
import io.keylapse.attack.wire.Requests;
import io.keylapse.attack.wire.Target;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Writes requests of all kinds for seconds, as fast as the service accepts them, and reads nothing. */
record WritingOn(int connections) implements Attacker {
    private static final Duration HOLD = Duration.ofSeconds(3);
    private static final Duration ROUND = Duration.ofMillis(10);
    private static final int REPEATS = 50;

    @Override
    public String name() {
        return "writing-on";
    }

    @Override
    public long bytes() {
        return 1L << 30;
    }

    @Override
    public void attack(Target target) throws InterruptedException {
        List<ByteBuffer> requests = Requests.OF_ANYBODY.stream()
                .map(request -> Requests.shared(request.repeat(REPEATS)))
                .toList();
        while (target.goesOn()) {
            var lines = new ArrayList<>(target.connect(connections));
            long until = System.nanoTime() + HOLD.toNanos();
            for (int round = 0; target.goesOn() && System.nanoTime() < until; round++) {
                for (int i = 0; i < lines.size(); i++) {
                    Line line = lines.get(i);
                    line.push();
                    if (line.isOpen() && line.isIdle()) {
                        line.send(requests.get((round + i) % requests.size()).duplicate());
                    }
                }
                target.pause(ROUND);
            }
            lines.forEach(Line::reset);
        }
    }
}
