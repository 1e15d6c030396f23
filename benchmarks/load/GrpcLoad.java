import com.google.protobuf.CodedOutputStream;
import io.envoyproxy.envoy.service.auth.v3.AttributeContext;
import io.envoyproxy.envoy.service.auth.v3.AuthorizationGrpc;
import io.envoyproxy.envoy.service.auth.v3.CheckRequest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.HdrHistogram.Histogram;

/**
 * A closed-loop load generator for Envoy's {@code Authorization/Check}: each connection always has the same number of calls in
 * progress, for the keys of a file in turn.
 *
 * <p>It writes and reads HTTP/2 frames itself, so that it costs less per call than a server: a gRPC client on one core could measure
 * itself.
 *
 * <p>Arguments: port, file with one key per line, seconds, seconds of warm-up, connections, calls at once on each, process id of
 * the server, and optionally a file to which the first response is written. Prints one JSON object. {@code cpu_seconds} is the
 * server's processor time after the warm-up.
 */
public final class GrpcLoad {
    private static final int DATA = 0;
    private static final int HEADERS = 1;
    private static final int RST_STREAM = 3;
    private static final int SETTINGS = 4;
    private static final int PING = 6;
    private static final int GOAWAY = 7;
    private static final int WINDOW_UPDATE = 8;
    private static final int END_STREAM = 1;
    private static final int ACK = 1;
    private static final int END_HEADERS = 4;
    private static final int FRAME_HEAD = 9;
    private static final int MESSAGE_HEAD = 5;
    private static final int MAX_WINDOW = Integer.MAX_VALUE;
    private static final int DEFAULT_WINDOW = 65_535;

    /** The header block after the first one on a connection: static and dynamic indexes alone. */
    private static final byte[] INDEXED = {(byte) 0x83, (byte) 0x86, (byte) 0xc2, (byte) 0xc1, (byte) 0xc0, (byte) 0xbf, (byte) 0xbe};

    private final List<byte[]> messages = new ArrayList<>();
    private final Histogram latency = new Histogram(60_000_000_000L, 3);
    private final Selector selector = Selector.open();
    private Path firstAnswer;
    private int next;
    private long measuredFrom;
    private long end;
    private long accepted;
    private long refused;
    private long failed;

    private GrpcLoad() throws IOException {}

    public static void main(String[] arguments) throws IOException {
        new GrpcLoad().run(arguments);
    }

    private void run(String[] arguments) throws IOException {
        int port = Integer.parseInt(arguments[0]);
        for (String key : Files.readAllLines(Path.of(arguments[1]))) {
            messages.add(message(key));
        }
        double seconds = Double.parseDouble(arguments[2]);
        double warmUp = Double.parseDouble(arguments[3]);
        int connections = Integer.parseInt(arguments[4]);
        int calls = Integer.parseInt(arguments[5]);
        Path server = Path.of("/proc", arguments[6], "stat");
        firstAnswer = arguments.length > 7 ? Path.of(arguments[7]) : null;

        long begun = System.nanoTime();
        measuredFrom = begun + (long) (warmUp * 1e9);
        end = measuredFrom + (long) (seconds * 1e9);
        for (int i = 0; i < connections; i++) {
            new Connection(port).begin(calls);
        }
        double cpuBefore = Double.NaN;
        long now;
        while ((now = System.nanoTime()) < end) {
            if (now >= measuredFrom && Double.isNaN(cpuBefore)) {
                cpuBefore = cpuSeconds(server);
            }
            selector.select(
                    key -> {
                        try {
                            ((Connection) key.attachment()).read();
                        } catch (IOException e) {
                            throw new UncheckedIOException(e);
                        }
                    },
                    100);
        }
        System.out.printf(
                "{\"requests\": %d, \"seconds\": %.6f, \"refused\": %d, \"failed\": %d, \"p50_us\": %.1f, \"p99_us\": %.1f,"
                        + " \"cpu_seconds\": %.3f}%n",
                accepted + refused + failed,
                seconds,
                refused,
                failed,
                latency.getValueAtPercentile(50) / 1e3,
                latency.getValueAtPercentile(99) / 1e3,
                cpuSeconds(server) - cpuBefore);
    }

    /** A connection, which has a constant number of calls in progress. */
    private final class Connection {
        private static final int STREAMS = 1 << 14;

        private final SocketChannel channel;
        private final ByteBuffer in = ByteBuffer.allocate(1 << 17);
        private final ByteBuffer out = ByteBuffer.allocate(1 << 20);
        private final long[] begun = new long[STREAMS];
        private final byte[] verdicts = new byte[STREAMS];
        private int stream = 1;
        private long received;

        Connection(int port) throws IOException {
            channel = SocketChannel.open(new InetSocketAddress("127.0.0.1", port));
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        }

        void begin(int calls) throws IOException {
            out.put("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            frame(18, SETTINGS, 0, 0);
            // No dynamic table for responses, no pushes, and the largest window.
            out.putShort((short) 1).putInt(0);
            out.putShort((short) 2).putInt(0);
            out.putShort((short) 4).putInt(MAX_WINDOW);
            widen(MAX_WINDOW - DEFAULT_WINDOW);
            for (int i = 0; i < calls; i++) {
                call();
            }
            flush();
            channel.configureBlocking(false);
            channel.register(selector, SelectionKey.OP_READ, this);
        }

        void read() throws IOException {
            if (channel.read(in) < 0) {
                throw new IOException("the server closed a connection");
            }
            in.flip();
            while (in.remaining() >= FRAME_HEAD) {
                int start = in.position();
                int length = in.getInt(start) >>> 8;
                if (in.remaining() < FRAME_HEAD + length) {
                    break;
                }
                handle(in.get(start + 3), in.get(start + 4), in.getInt(start + 5), start + FRAME_HEAD, length);
                in.position(start + FRAME_HEAD + length);
            }
            in.compact();
            flush();
        }

        private void handle(int type, int flags, int id, int at, int length) throws IOException {
            switch (type) {
                case DATA -> data(id, at, length);
                case HEADERS -> {
                    if ((flags & END_STREAM) != 0) {
                        ended(id);
                    }
                }
                case RST_STREAM -> ended(id);
                case SETTINGS -> {
                    if ((flags & ACK) == 0) {
                        frame(0, SETTINGS, ACK, 0);
                    }
                }
                case PING -> {
                    if ((flags & ACK) == 0) {
                        frame(8, PING, ACK, 0);
                        out.putLong(in.getLong(at));
                    }
                }
                case GOAWAY -> throw new IOException("the server sent GOAWAY " + in.getInt(at + 4));
                default -> {}
            }
        }

        /** An accepted check begins with an empty status: field 1, length 0. */
        private void data(int id, int at, int length) throws IOException {
            if (length < MESSAGE_HEAD + 2 || in.getInt(at + 1) != length - MESSAGE_HEAD) {
                throw new IOException("a frame of " + length + " bytes is not one message");
            }
            boolean isAccepted = in.get(at + MESSAGE_HEAD) == 0x0a && in.get(at + MESSAGE_HEAD + 1) == 0;
            verdicts[slot(id)] = (byte) (isAccepted ? 1 : 2);
            if (firstAnswer != null && isAccepted) {
                var message = new byte[length - MESSAGE_HEAD];
                in.get(at + MESSAGE_HEAD, message);
                Files.write(firstAnswer, message);
                firstAnswer = null;
            }
            received += length;
            if (received > MAX_WINDOW / 2) {
                widen((int) received);
                received = 0;
            }
        }

        private void ended(int id) {
            long now = System.nanoTime();
            int slot = slot(id);
            if (now >= measuredFrom && now < end) {
                switch (verdicts[slot]) {
                    case 1 -> accepted++;
                    case 2 -> refused++;
                    default -> failed++;
                }
                latency.recordValue(now - begun[slot]);
            }
            call();
        }

        private void call() {
            byte[] headers = stream == 1 ? FIRST_HEADERS : INDEXED;
            frame(headers.length, HEADERS, END_HEADERS, stream);
            out.put(headers);
            byte[] message = messages.get(next);
            next = next + 1 == messages.size() ? 0 : next + 1;
            frame(message.length, DATA, END_STREAM, stream);
            out.put(message);
            begun[slot(stream)] = System.nanoTime();
            verdicts[slot(stream)] = 0;
            stream += 2;
        }

        private int slot(int id) {
            return id / 2 % STREAMS;
        }

        private void widen(int bytes) {
            frame(4, WINDOW_UPDATE, 0, 0);
            out.putInt(bytes);
        }

        private void frame(int length, int type, int flags, int id) {
            out.putInt(length << 8 | type).put((byte) flags).putInt(id);
        }

        private void flush() throws IOException {
            out.flip();
            while (out.hasRemaining()) {
                channel.write(out);
            }
            out.clear();
        }
    }

    /** The first header block of a connection, which adds its headers to the dynamic table, in the order that INDEXED expects. */
    private static final byte[] FIRST_HEADERS = firstHeaders();

    private static byte[] firstHeaders() {
        var block = new ByteArrayOutputStream();
        block.write(INDEXED, 0, 2);
        literal(block, 4, "/" + AuthorizationGrpc.SERVICE_NAME + "/Check");
        literal(block, 1, "keylapse");
        literal(block, 31, "application/grpc");
        block.write(0x40);
        text(block, "te");
        text(block, "trailers");
        literal(block, 58, "benchmark");
        return block.toByteArray();
    }

    /** A header with a name of the static table. */
    private static void literal(ByteArrayOutputStream block, int name, String value) {
        block.write(0x40 | name);
        text(block, value);
    }

    private static void text(ByteArrayOutputStream block, String text) {
        block.write(text.length());
        block.writeBytes(text.getBytes(StandardCharsets.US_ASCII));
    }

    /** What Envoy sends for a small request, with the five bytes that gRPC puts before each message. */
    private static byte[] message(String key) throws IOException {
        CheckRequest request = CheckRequest.newBuilder()
                .setAttributes(AttributeContext.newBuilder()
                        .setRequest(AttributeContext.Request.newBuilder()
                                .setHttp(AttributeContext.HttpRequest.newBuilder()
                                        .setMethod("GET")
                                        .setPath("/orders")
                                        .setScheme("http")
                                        .setHost("gateway")
                                        .setProtocol("HTTP/1.1")
                                        .putHeaders(":authority", "gateway")
                                        .putHeaders(":method", "GET")
                                        .putHeaders(":path", "/orders")
                                        .putHeaders(":scheme", "http")
                                        .putHeaders("x-request-id", "9f2b1c1e-6f0a-4d7e-8a51-5c7d2f1f0a11")
                                        .putHeaders("x-api-key", key))))
                .build();
        var message = new byte[MESSAGE_HEAD + request.getSerializedSize()];
        ByteBuffer.wrap(message).putInt(1, request.getSerializedSize());
        request.writeTo(CodedOutputStream.newInstance(message, MESSAGE_HEAD, request.getSerializedSize()));
        return message;
    }

    /** User and system time of a process; the kernel counts it in hundredths of a second. */
    private static double cpuSeconds(Path stat) throws IOException {
        String text = Files.readString(stat);
        String[] fields = text.substring(text.lastIndexOf(')') + 2).split(" ");
        return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / 100.0;
    }
}
