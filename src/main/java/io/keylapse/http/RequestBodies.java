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
 * Reader for request bodies, with limits on their size and on the memory that all of them use together.
 *
 * <p>A route reads its body itself, after the gate has let the caller in. So nothing is buffered for a caller who is
 * refused, and never more than the route accepts.
 */
@Singleton
public final class RequestBodies {
    private static final int LINK_BYTES = 1024;
    private static final int SMALL_BYTES = 64 * 1024;
    private static final int SMALL_AT_ONCE = 256;
    private static final int OF_HOLDERS_AT_ONCE = 64;
    private static final int LARGE_AT_ONCE = 16;
    private static final int PART_BYTES = 8 * 1024;

    private final Room ofLinks;
    private final Room ofHolders;
    private final Room small;
    private final Room large;

    /** The size limit of a body. */
    public enum Size {
        /**
         * 64 KiB, for calls by key holders. They have a budget of their own, because anybody with a key can make them, even
         * with one that has ended.
         */
        HOLDER,
        /** 1 KiB, for calls with the token of a link, which anybody can make. */
        LINK,
        /** 64 KiB, for calls about a single item. */
        SMALL,
        /** {@code micronaut.server.max-request-size}, for calls about many items. */
        LARGE
    }

    RequestBodies(HttpServerConfiguration server, MeterRegistry meters) {
        int largest = bounded(server.getMaxRequestSize());
        this.ofLinks = new Room(Size.LINK, Math.min(LINK_BYTES, largest), OF_HOLDERS_AT_ONCE, meters);
        this.ofHolders = new Room(Size.HOLDER, Math.min(SMALL_BYTES, largest), OF_HOLDERS_AT_ONCE, meters);
        this.small = new Room(Size.SMALL, Math.min(SMALL_BYTES, largest), SMALL_AT_ONCE, meters);
        this.large = new Room(Size.LARGE, largest, LARGE_AT_ONCE, meters);
    }

    /** The budget for buffered bodies is used up. */
    static final class NoRoomException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        NoRoomException() {
            super("too many request bodies are being read", null, false, false);
        }
    }

    /**
     * Waits until the whole body has arrived and passes it to a function. Its bytes count as buffered until the function
     * returns.
     *
     * @param use gets the bytes; an empty array if there is no body
     * @throws HttpStatusException if the body is larger than the limit, before or after decompression (413)
     * @throws InvalidInputException if the body does not match its {@code Content-Encoding}, or ends too early
     * @throws NoRoomException if too many bytes are buffered already (503)
     */
    public <T> T read(HttpRequest<?> request, Size size, Function<byte[], T> use) {
        if (!(request instanceof ServerHttpRequest<?> received)) {
            throw new IllegalStateException("only a received request has a body");
        }
        Room room = switch (size) {
            case LINK -> ofLinks;
            case HOLDER -> ofHolders;
            case SMALL -> small;
            case LARGE -> large;
        };
        ByteBody body = received.byteBody();
        if (body.expectedLength().orElse(0) > room.maxBytes) {
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
                if (n > room.maxBytes - bytes.size()) {
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
                    "body", encoding.isEmpty() ? "must be complete" : "must match its Content-Encoding");
        } finally {
            room.giveBack(taken);
        }
    }

    /** Decompressed here, because Micronaut would decompress before the caller is authenticated. */
    private static InputStream decoded(InputStream sent, String encoding) throws IOException {
        return switch (encoding.toLowerCase(Locale.ROOT)) {
            case "", "identity" -> sent;
            case "gzip", "x-gzip" -> new GZIPInputStream(sent, PART_BYTES);
            case "deflate" -> new InflaterInputStream(sent);
            default -> throw new InvalidInputException("body", "must have the Content-Encoding gzip, deflate or none");
        };
    }

    private static int bounded(long bytes) {
        return (int) Math.min(bytes, Integer.MAX_VALUE);
    }

    /** The budget for buffered bodies of one size. */
    private static final class Room {
        private final int maxBytes;
        private final Semaphore free;
        private final Counter refused;

        Room(Size size, int maxBytes, int atOnce, MeterRegistry meters) {
            this.maxBytes = maxBytes;
            int all = bounded((long) maxBytes * atOnce);
            this.free = new Semaphore(all);
            String word = size.name().toLowerCase(Locale.ROOT);
            Gauge.builder("keylapse.http.bodies", free, left -> all - left.availablePermits())
                    .tag("size", word)
                    .baseUnit("bytes")
                    .description("Bytes of request bodies that are buffered")
                    .register(meters);
            this.refused = Counter.builder("keylapse.http.bodies.refused")
                    .tag("size", word)
                    .description("Requests refused because too many bodies were buffered")
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
                    HttpStatus.REQUEST_ENTITY_TOO_LARGE, "The body must be at most " + maxBytes + " bytes.");
        }
    }
}
