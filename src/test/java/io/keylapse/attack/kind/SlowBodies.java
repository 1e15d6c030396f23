package io.keylapse.attack.kind;

import io.keylapse.attack.wire.Attacker;
import io.keylapse.attack.wire.Line;
import io.keylapse.attack.wire.Requests;
import io.keylapse.attack.wire.Target;
import io.keylapse.attack.wire.Turns;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Announces a body and sends it byte by byte, or only the first half of a chunk's size. */
record SlowBodies(int connections) implements Attacker {
    private static final Duration BETWEEN_BYTES = Duration.ofMillis(500);
    private static final List<String> HEADS = List.of(
            Requests.head("POST", "/v1/keys", "Content-Type: application/json", "Content-Length: 60000") + "\r\n",
            Requests.head("POST", "/v1/self/renew", "Content-Type: application/json", "Content-Length: 60000") + "\r\n",
            Requests.head(
                            "POST",
                            "/introspect",
                            "Content-Type: application/x-www-form-urlencoded",
                            "Content-Length: 900")
                    + "\r\n",
            Requests.head("POST", "/check", "Content-Length: 60000") + "\r\n",
            Requests.head("POST", "/check", "Transfer-Encoding: chunked") + "\r\nffff\r\n",
            Requests.head("POST", "/v1/self/renew", "Transfer-Encoding: chunked") + "\r\nffff\r\n",
            Requests.head("GET", "/n", "Content-Length: 60000") + "\r\n");

    @Override
    public String name() {
        return "slow-bodies";
    }

    @Override
    public long bytes() {
        return 16L << 20;
    }

    @Override
    public void attack(Target target) throws InterruptedException {
        var lines = new ArrayList<Line>();
        var next = new Turns<>(HEADS);
        while (target.goesOn()) {
            lines.forEach(Line::swallow);
            lines.stream().filter(Line::isIdle).forEach(line -> line.send(Requests.bytes("x")));
            target.refill(lines, line -> line.send(Requests.bytes(next.get())));
            target.pause(BETWEEN_BYTES);
        }
    }
}
