import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.zip.CRC32;
import org.HdrHistogram.Histogram;

/**
 * An open-loop load generator: sends requests at a fixed rate, however slow the server is.
 *
 * <p>The sending instants are drawn in advance (Poisson arrivals, the same for the same seed). Latency counts from that
 * instant, so it includes the wait for a free connection or for a server that paused: no coordinated omission.
 *
 * <p>Arguments: port, requests per second, seconds, seconds of warm-up, connections, seed, and one or more sources of
 * keys, which share the requests evenly: a file with one key per line, or {@code unknown} for well-formed random keys.
 * Each source has its own connections. Prints one JSON object per source. It busy-waits, so it needs a core of its own.
 */
public final class OpenLoop {
    private static final String DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    private final Selector selector = Selector.open();
    private final ByteBuffer in = ByteBuffer.allocateDirect(1 << 16);
    private long measuredFrom;

    private OpenLoop() throws IOException {}

    public static void main(String[] arguments) throws IOException {
        new OpenLoop().run(arguments);
    }

    /** A source of keys, and the results of its requests. */
    private final class Source {
        private final String name;
        private final List<byte[]> requests = new ArrayList<>();
        private final SplittableRandom random;
        private final Histogram latency = new Histogram(60_000_000_000L, 3);
        private final Map<Integer, Long> statuses = new TreeMap<>();
        private final ArrayDeque<Connection> idle = new ArrayDeque<>();
        private final ArrayDeque<Long> waiting = new ArrayDeque<>();
        private int next;
        private long sent;

        Source(String name, SplittableRandom random) throws IOException {
            this.name = name;
            this.random = random;
            if (!name.equals("unknown")) {
                for (String key : Files.readAllLines(Path.of(name))) {
                    requests.add(request(key));
                }
            }
        }

        byte[] nextRequest() {
            sent++;
            if (requests.isEmpty()) {
                return request(unknownKey());
            }
            next = next + 1 == requests.size() ? 0 : next + 1;
            return requests.get(next);
        }

        private String unknownKey() {
            var text = new StringBuilder("kl_");
            for (int i = 0; i < 30; i++) {
                text.append(DIGITS.charAt(random.nextInt(62)));
            }
            var crc = new CRC32();
            crc.update(text.toString().getBytes(StandardCharsets.US_ASCII));
            var checksum = new char[6];
            long rest = crc.getValue();
            for (int i = 5; i >= 0; i--) {
                checksum[i] = DIGITS.charAt((int) (rest % 62));
                rest /= 62;
            }
            return text.append(checksum).toString();
        }

        void due(long intended) throws IOException {
            Connection connection = idle.poll();
            if (connection == null) {
                waiting.add(intended);
            } else {
                connection.send(intended);
            }
        }

        void answered(Connection connection, int status, long intended) throws IOException {
            long now = System.nanoTime();
            if (now >= measuredFrom) {
                statuses.merge(status, 1L, Long::sum);
            }
            if (intended >= measuredFrom) {
                latency.recordValue(Math.min(now - intended, 60_000_000_000L));
            }
            Long late = waiting.poll();
            if (late == null) {
                // Last in, first out would leave most connections idle.
                idle.addLast(connection);
            } else {
                connection.send(late);
            }
        }

        String report(int left) {
            return ("{\"source\": \"%s\", \"count\": %d, \"sent\": %d, \"unanswered\": %d, \"statuses\": {%s}, \"p50\": %.1f, \"p90\": %.1f,"
                            + " \"p99\": %.1f, \"p999\": %.1f, \"max\": %.1f}")
                    .formatted(
                            Path.of(name).getFileName(),
                            latency.getTotalCount(),
                            sent,
                            left,
                            String.join(
                                    ", ",
                                    statuses.entrySet().stream()
                                            .map(each -> "\"" + each.getKey() + "\": " + each.getValue())
                                            .toList()),
                            micros(50),
                            micros(90),
                            micros(99),
                            micros(99.9),
                            latency.getMaxValue() / 1e3);
        }

        private double micros(double percentile) {
            return latency.getValueAtPercentile(percentile) / 1e3;
        }
    }

    /** One keep-alive connection with at most one request in flight. */
    private final class Connection {
        private final SocketChannel channel;
        private final Source source;
        private byte[] answer = new byte[4096];
        private int length;
        private long intended;
        private boolean busy;

        Connection(int port, Source source) throws IOException {
            this.source = source;
            channel = SocketChannel.open(new InetSocketAddress("127.0.0.1", port));
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.configureBlocking(false);
            channel.register(selector, SelectionKey.OP_READ, this);
            source.idle.add(this);
        }

        void send(long intended) throws IOException {
            this.intended = intended;
            busy = true;
            ByteBuffer out = ByteBuffer.wrap(source.nextRequest());
            while (out.hasRemaining()) {
                channel.write(out);
            }
        }

        void read() throws IOException {
            in.clear();
            if (channel.read(in) < 0) {
                throw new IOException("the server closed a connection");
            }
            in.flip();
            int read = in.remaining();
            if (length + read > answer.length) {
                answer = java.util.Arrays.copyOf(answer, Math.max(answer.length * 2, length + read));
            }
            in.get(answer, length, read);
            length += read;
            int head = endOfHead();
            if (head >= 0 && length >= head + contentLength(head)) {
                int status = (answer[9] - '0') * 100 + (answer[10] - '0') * 10 + answer[11] - '0';
                length = 0;
                busy = false;
                source.answered(this, status, intended);
            }
        }

        private int endOfHead() {
            for (int i = 3; i < length; i++) {
                if (answer[i] == '\n' && answer[i - 1] == '\r' && answer[i - 2] == '\n') {
                    return i + 1;
                }
            }
            return -1;
        }

        private int contentLength(int head) {
            // The name is searched for backwards, because these servers send Content-Length late, if not last.
            byte[] name = {'n', 't', '-', 'l', 'e', 'n', 'g', 't', 'h', ':'};
            for (int i = head - name.length; i >= 0; i--) {
                int at = 0;
                while (at < name.length && (answer[i + at] | 0x20) == name[at]) {
                    at++;
                }
                if (at == name.length) {
                    int number = 0;
                    for (int digit = i + at; answer[digit] != '\r'; digit++) {
                        if (answer[digit] != ' ') {
                            number = number * 10 + answer[digit] - '0';
                        }
                    }
                    return number;
                }
            }
            return 0;
        }
    }

    private void run(String[] arguments) throws IOException {
        int port = Integer.parseInt(arguments[0]);
        double rate = Double.parseDouble(arguments[1]);
        double seconds = Double.parseDouble(arguments[2]);
        double warmUp = Double.parseDouble(arguments[3]);
        int connections = Integer.parseInt(arguments[4]);
        var random = new SplittableRandom(Long.parseLong(arguments[5]));
        var sources = new ArrayList<Source>();
        var all = new ArrayList<Connection>();
        for (int i = 6; i < arguments.length; i++) {
            // Seeded differently at each run: unknown keys must be new to a server that caches those of an earlier run.
            sources.add(new Source(arguments[i], new SplittableRandom()));
        }
        for (Source source : sources) {
            for (int i = 0; i < connections; i++) {
                all.add(new Connection(port, source));
            }
        }
        long begun = System.nanoTime() + 10_000_000;
        measuredFrom = begun + (long) (warmUp * 1e9);
        long end = measuredFrom + (long) (seconds * 1e9);
        // Requests that are still in flight then count as unanswered.
        long patience = end + 5_000_000_000L;
        double meanGap = 1e9 / rate;
        double due = begun;
        int turn = 0;
        while (true) {
            long now = System.nanoTime();
            while (due <= now && due < end) {
                sources.get(turn).due((long) due);
                turn = turn + 1 == sources.size() ? 0 : turn + 1;
                due += -Math.log(1 - random.nextDouble()) * meanGap;
            }
            selector.selectNow(key -> {
                try {
                    ((Connection) key.attachment()).read();
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });
            if (now > patience || due >= end && left(sources, all) == 0) {
                break;
            }
        }
        for (Source source : sources) {
            System.out.println(source.report(left(List.of(source), all)));
        }
    }

    private static int left(List<Source> sources, List<Connection> all) {
        int left = 0;
        for (Source source : sources) {
            left += source.waiting.size();
        }
        for (Connection connection : all) {
            if (connection.busy && sources.contains(connection.source)) {
                left++;
            }
        }
        return left;
    }

    private static byte[] request(String key) {
        return ("GET /check HTTP/1.1\r\nHost: gateway\r\nX-API-Key: " + key + "\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII);
    }
}
