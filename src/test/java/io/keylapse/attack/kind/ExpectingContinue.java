package io.keylapse.attack.kind;

import io.keylapse.attack.wire.Attacker;
import io.keylapse.attack.wire.Line;
import io.keylapse.attack.wire.Requests;
import io.keylapse.attack.wire.Target;
import io.keylapse.attack.wire.Turns;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Sends {@code Expect: 100-continue} and then the next request instead of the body. */
record ExpectingContinue(int connections) implements Attacker {
    private static final Duration ROUND = Duration.ofMillis(500);
    private static final List<String> REQUESTS = List.of(
            expecting("/v1/self/renew", "Content-Length: 2097152"),
            expecting("/v1/keys", "Content-Length: 2097152"),
            expecting("/v1/keys", "Transfer-Encoding: chunked"),
            expecting("/check", "Content-Length: 2097152"),
            expecting("/check", "Transfer-Encoding: chunked"),
            expecting("/n", "Content-Length: 10"),
            Requests.get("/check"));

    @Override
    public String name() {
        return "expecting-continue";
    }

    @Override
    public long bytes() {
        return 64L << 20;
    }

    @Override
    public void attack(Target target) throws InterruptedException {
        var lines = new ArrayList<Line>();
        var next = new Turns<>(REQUESTS);
        while (target.goesOn()) {
            lines.forEach(Line::swallow);
            lines.stream().filter(Line::isIdle).forEach(line -> line.send(Requests.bytes(next.get())));
            target.refill(lines, line -> line.send(Requests.bytes(next.get())));
            target.pause(ROUND);
        }
    }

    private static String expecting(String path, String framing) {
        return Requests.head("POST", path, "Content-Type: application/json", framing, "Expect: 100-continue") + "\r\n";
    }
}
