package io.keylapse.attack.kind;

import io.keylapse.attack.wire.Attacker;
import io.keylapse.attack.wire.Line;
import io.keylapse.attack.wire.Requests;
import io.keylapse.attack.wire.Target;
import io.keylapse.attack.wire.Turns;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Opens up to 1,000 connections per second and closes each at once: idle, in a head, in a body, or before the response.
 */
record Churn(int connections) implements Attacker {
    private static final Duration ROUND = Duration.ofMillis(20);
    private static final List<String> BEGINNINGS = List.of(
            "",
            "GET /check HT",
            Requests.get("/check"),
            Requests.get("/prometheus"),
            Requests.get("/v1/keys"),
            Requests.head("POST", "/v1/keys", "Content-Length: 1000") + "\r\n{");

    @Override
    public String name() {
        return "churn";
    }

    @Override
    public long bytes() {
        return 64L << 20;
    }

    @Override
    public void attack(Target target) throws InterruptedException {
        var lines = new ArrayList<Line>();
        var next = new Turns<>(BEGINNINGS);
        for (int round = 0; target.goesOn(); round++) {
            target.refill(lines, line -> line.send(Requests.bytes(next.get())));
            target.pause(ROUND);
            lines.forEach(round % 2 == 0 ? Line::reset : Line::close);
        }
    }
}
