package io.keylapse.attack.kind;

import io.keylapse.attack.wire.Attacker;
import io.keylapse.attack.wire.Line;
import io.keylapse.attack.wire.Requests;
import io.keylapse.attack.wire.Target;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;

/** Sends 1,800 requests on each connection in one write and reads nothing, repeatedly with other requests. */
record Pipelining(int connections) implements Attacker {
    private static final int REQUESTS = 1_800;
    private static final Duration WAVE = Duration.ofSeconds(1);

    @Override
    public String name() {
        return "pipelining";
    }

    @Override
    public long bytes() {
        return 1L << 30;
    }

    @Override
    public void attack(Target target) throws InterruptedException {
        for (int wave = 0; target.goesOn(); wave++) {
            String request = Requests.OF_ANYBODY.get(wave % Requests.OF_ANYBODY.size());
            ByteBuffer requests = Requests.shared(request.repeat(REQUESTS));
            List<Line> lines = target.connect(connections);
            lines.forEach(line -> line.send(requests.duplicate()));
            target.hold(lines, WAVE);
            lines.forEach(Line::reset);
        }
    }
}
