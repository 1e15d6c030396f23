package io.keylapse.attack.kind;

import io.keylapse.attack.wire.Attacker;
import io.keylapse.attack.wire.Line;
import io.keylapse.attack.wire.Requests;
import io.keylapse.attack.wire.Target;
import io.keylapse.key.KeyFormat;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Presents random well-formed keys and management keys, at most 200 per second. */
record Guessing(int connections) implements Attacker {
    private static final Duration ROUND = Duration.ofMillis(100);

    @Override
    public String name() {
        return "guessing";
    }

    @Override
    public long bytes() {
        return 64L << 20;
    }

    @Override
    public void attack(Target target) throws InterruptedException {
        var keys = new KeyFormat("kl", List.of());
        var managementKeys = new KeyFormat("klmgmt", List.of());
        var lines = new ArrayList<Line>();
        for (int round = 0; target.goesOn(); round++) {
            target.refill(lines, _ -> {});
            for (int i = 0; i < lines.size(); i++) {
                Line line = lines.get(i);
                line.swallow();
                line.push();
                if (line.isIdle()) {
                    line.send(Requests.bytes(
                            (round + i) % 2 == 0
                                    ? Requests.get(
                                            "/check",
                                            "X-API-Key: " + keys.generate().reveal())
                                    : Requests.get(
                                            "/v1/keys",
                                            "Authorization: Bearer "
                                                    + managementKeys.generate().reveal())));
                }
            }
            target.pause(ROUND);
        }
    }
}
