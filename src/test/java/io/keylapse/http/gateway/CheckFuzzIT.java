package io.keylapse.http.gateway;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.keylapse.harness.Node;
import io.keylapse.key.KeyFormat;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Requests with random damage are never authorized and break nothing. */
class CheckFuzzIT {
    private static final int CASES = 2_000;

    /** How long to wait for more responses before the request counts as answered. */
    private static final int PATIENCE_MILLIS = 150;

    private static final Set<Integer> ALLOWED_FAILURES = Set.of(501, 503, 505);
    private static final Pattern STATUS = Pattern.compile("HTTP/\\d\\.\\d (\\d{3}) ");

    private static final List<String> FRAGMENTS = List.of(
            "\r\n",
            "\n",
            "\r",
            "\r\n\r\n",
            " ",
            "\t",
            "\0",
            ":",
            "%",
            "|",
            "/",
            "//",
            "?",
            "HTTP/1.1",
            "HTTP/9.9",
            "HTTP/1.0",
            "GET /check HTTP/1.1\r\n",
            "X-API-Key: ",
            "Authorization: Bearer ",
            "X-Required-Scopes: ",
            "Content-Length: 3\r\n",
            "Content-Length: -1\r\n",
            "Content-Length: 99999999999999999999\r\n",
            "Transfer-Encoding: chunked\r\n",
            "Transfer-Encoding: gzip, chunked\r\n",
            "Expect: 100-continue\r\n",
            "Connection: close\r\n",
            "Content-Encoding: gzip\r\n",
            "Upgrade: h2c\r\n",
            "0\r\n\r\n",
            "ffffffffffffffff\r\n",
            "x".repeat(20_000),
            "\u00FF\u00FE");

    private static final Node node = Node.start();
    private static final String key = node.issue(Duration.ofDays(1)).text("key");

    @Test
    void damaged_requests_are_never_authorized_and_break_nothing() throws Exception {
        long seed = Long.getLong("keylapse.fuzz.seed", System.nanoTime());
        System.out.println("keylapse.fuzz.seed=" + seed);
        var random = new Random(seed);
        List<String> whole = whole();
        var cases = new ArrayList<Callable<Void>>();
        for (int i = 0; i < CASES; i++) {
            String damaged = damaged(whole.get(random.nextInt(whole.size())), random);
            cases.add(() -> {
                assertHarmless(damaged, seed);
                return null;
            });
        }
        try (var threads = Executors.newFixedThreadPool(64)) {
            for (Future<Void> done : threads.invokeAll(cases)) {
                done.get();
            }
        }
        try (var connection = new RawConnection(node)) {
            assertThat(connection
                            .request("GET", "/check", "X-API-Key: " + key)
                            .answer()
                            .status())
                    .isEqualTo(200);
        }
    }

    private static List<String> whole() {
        String unissued = new KeyFormat("kl", List.of()).generate().reveal();
        // Different enough from the valid key that no damage restores it.
        String typo = key.substring(0, 9) + "zzzzzz" + key.substring(15);
        var all = new ArrayList<String>();
        for (String credential : List.of(
                "X-API-Key: " + unissued + "\r\n",
                "Authorization: Bearer " + typo + "\r\n",
                "X-API-Key: " + unissued + "\r\nAuthorization: Bearer " + typo + "\r\n",
                "")) {
            String headers = " HTTP/1.1\r\nHost: keylapse\r\n" + credential;
            all.add("GET /check" + headers + "\r\n");
            all.add("HEAD /check/a/b?c=d" + headers + "X-Required-Scopes: a b\r\n\r\n");
            all.add("POST /check?scope=a" + headers + "Content-Length: 11\r\n\r\nhello world");
            all.add("PUT /check/x" + headers + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
            all.add(("GET /check" + headers + "\r\n").repeat(3) + "GET /v1/keys" + headers + "\r\n");
        }
        return all;
    }

    private static String damaged(String whole, Random random) {
        var text = new StringBuilder(whole);
        for (int times = 1 + random.nextInt(4); times > 0 && !text.isEmpty(); times--) {
            int at = random.nextInt(text.length());
            int to = Math.min(text.length(), at + random.nextInt(20));
            switch (random.nextInt(6)) {
                case 0 -> text.setCharAt(at, (char) random.nextInt(256));
                case 1 -> text.delete(at, to);
                case 2 -> text.insert(at, text.substring(at, to));
                case 3 -> text.setLength(at);
                default -> text.insert(at, FRAGMENTS.get(random.nextInt(FRAGMENTS.size())));
            }
        }
        return text.toString();
    }

    private static void assertHarmless(String request, long seed) throws IOException {
        String answers = answersTo(request);
        String shown = "seed %d, %s -> %s".formatted(seed, request.replace("x".repeat(20_000), "x..."), answers);
        assertThat(answers).as(shown).doesNotContain("X-Consumer-ID");
        STATUS.matcher(answers)
                .results()
                .map(match -> Integer.valueOf(match.group(1)))
                .forEach(status -> assertThat(ALLOWED_FAILURES.contains(status) || (status != 200 && status < 500))
                        .as(shown)
                        .isTrue());
    }

    /**
     * Everything that the server sends until it closes the connection, which it must do once the client has sent all.
     */
    private static String answersTo(String request) throws IOException {
        var heard = new ByteArrayOutputStream();
        try (var socket = new Socket("localhost", node.port())) {
            socket.setSoTimeout(PATIENCE_MILLIS);
            socket.getOutputStream().write(request.getBytes(ISO_8859_1));
            try {
                socket.getInputStream().transferTo(heard);
            } catch (SocketTimeoutException _) {
                socket.setSoTimeout(20_000);
                socket.shutdownOutput();
                socket.getInputStream().transferTo(heard);
            }
        } catch (SocketException _) {
            // Refused while the request was still being sent, which is allowed.
        }
        return heard.toString(ISO_8859_1);
    }
}
