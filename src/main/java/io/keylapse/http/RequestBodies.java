package io.keylapse.http;

import io.keylapse.key.input.InvalidInputException;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.ServerHttpRequest;
import io.micronaut.http.body.ByteBody;
import io.micronaut.http.exceptions.ContentLengthExceededException;
import io.micronaut.http.exceptions.HttpStatusException;
import io.micronaut.http.server.HttpServerConfiguration;
import jakarta.inject.Singleton;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;
import java.util.concurrent.Semaphore;
import java.util.function.Function;
import java.util.zip.GZIPInputStream;
import java.util.zip.InflaterInputStream;

/**
 * Reads the bodies of requests. A route asks for its body itself, after the gate has let the caller in, so that nothing is
 * buffered for a caller who is refused, and never more than the route takes. What all callers together may have buffered is
 * bounded too.
 */
@Singleton
public final class RequestBodies {
    private static final int SMALL_BYTES = 64 * 1024;
    private static final int SMALL_AT_ONCE = 256;
    private static final int OF_HOLDERS_AT_ONCE = 64;
    private static final int LARGE_AT_ONCE = 16;
    private static final int PART_BYTES = 8 * 1024;

    private final Room ofHolders;
    private final Room small;
    private final Room large;

    /** How large a body may be. */
    public enum Size {
        /** 64 KiB, for calls of holders of keys: anybody with a key, ended or not, so they have a room of their own. */
        HOLDER,
        /** 64 KiB, for calls about one thing. */
        SMALL,
        /** As large as the server takes any ({@code micronaut.server.max-request-size}), for calls about many things. */
        LARGE
    }

    RequestBodies(HttpServerConfiguration server, MeterRegistry meters) {
        int largest = bounded(server.getMaxRequestSize());
        this.ofHolders = new Room(Size.HOLDER, Math.min(SMALL_BYTES, largest), OF_HOLDERS_AT_ONCE, meters);
        this.small = new Room(Size.SMALL, Math.min(SMALL_BYTES, largest), SMALL_AT_ONCE, meters);
        this.large = new Room(Size.LARGE, largest, LARGE_AT_ONCE, meters);
    }

    /** There is no room for another body. */
    static final class NoRoomException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        NoRoomException() {
            super("too many request bodies are being read", null, false, false);
        }
    }

    /**
     * Waits until the whole body has arrived, and has it used. Its bytes count as buffered until then.
     *
     * @param use gets the bytes, none when there is no body
     * @throws HttpStatusException if it is larger than that, also once it is decompressed (413)
     * @throws InvalidInputException if it is not what {@code Content-Encoding} says, or ends too early
     * @throws NoRoomException if too much is buffered already (503)
     */
    public <T> T read(HttpRequest<?> request, Size size, Function<byte[], T> use) {
        if (!(request instanceof ServerHttpRequest<?> received)) {
            throw new IllegalStateException("only a request that was received has a body to read");
        }
        Room room = switch (size) {
            case HOLDER -> ofHolders;
            case SMALL -> small;
            case LARGE -> large;
        };
        ByteBody body = received.byteBody();
        if (body.expectedLength().orElse(0) > room.mostBytes) {
            throw room.tooLarge();
        }
        String encoding = request.getHeaders()
                .get(HttpHeaders.CONTENT_ENCODING, String.class, "")
                .strip();
        int taken = 0;
        try (InputStream sent = body.toInputStream();
                InputStream decoded = decoded(sent, encoding)) {
            var bytes = new ByteArrayOutputStream();
            byte[] part = new byte[PART_BYTES];
            for (int n = decoded.read(part); n >= 0; n = decoded.read(part)) {
                if (n > room.mostBytes - bytes.size()) {
                    throw room.tooLarge();
                }
                room.take(n);
                taken += n;
                bytes.write(part, 0, n);
            }
            return use.apply(bytes.toByteArray());
        } catch (IOException e) {
            if (e.getCause() instanceof ContentLengthExceededException) {
                throw room.tooLarge();
            }
            throw new InvalidInputException(
                    "body", encoding.isEmpty() ? "must be complete" : "must be what Content-Encoding says it is");
        } finally {
            room.giveBack(taken);
        }
    }

    /** Decompressed here and not by Micronaut, which would do so before it is known who calls. */
    private static InputStream decoded(InputStream sent, String encoding) throws IOException {
        return switch (encoding.toLowerCase(Locale.ROOT)) {
            case "", "identity" -> sent;
            case "gzip", "x-gzip" -> new GZIPInputStream(sent, PART_BYTES);
            case "deflate" -> new InflaterInputStream(sent);
            default -> throw new InvalidInputException("body", "must have no Content-Encoding, or gzip or deflate");
        };
    }

    private static int bounded(long bytes) {
        return (int) Math.min(bytes, Integer.MAX_VALUE);
    }

    /** Where bodies of one size are buffered. */
    private static final class Room {
        private final int mostBytes;
        private final Semaphore free;
        private final Counter refused;

        Room(Size size, int mostBytes, int atOnce, MeterRegistry meters) {
            this.mostBytes = mostBytes;
            int all = bounded((long) mostBytes * atOnce);
            this.free = new Semaphore(all);
            String word = size.name().toLowerCase(Locale.ROOT);
            Gauge.builder("keylapse.http.bodies", free, left -> all - left.availablePermits())
                    .tag("size", word)
                    .baseUnit("bytes")
                    .description("bytes of request bodies that are buffered")
                    .register(meters);
            this.refused = Counter.builder("keylapse.http.bodies.refused")
                    .tag("size", word)
                    .description("requests refused because too many bodies were buffered")
                    .register(meters);
        }

        void take(int bytes) {
            if (!free.tryAcquire(bytes)) {
                refused.increment();
                throw new NoRoomException();
            }
        }

        void giveBack(int bytes) {
            free.release(bytes);
        }

        HttpStatusException tooLarge() {
            return new HttpStatusException(
                    HttpStatus.REQUEST_ENTITY_TOO_LARGE, "The body must be at most " + mostBytes + " bytes here.");
        }
    }
}
