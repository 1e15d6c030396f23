package io.keylapse.http.connection.framing;

import io.keylapse.http.Problem;
import io.keylapse.key.input.InvalidInputException.Violation;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.json.JsonMapper;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/** Makes the responses to requests with a {@link RequestError}, and counts them. */
@Singleton
public final class RequestErrorWriter {
    private final Map<RequestError, byte[]> bodies = new EnumMap<>(RequestError.class);
    private final Map<RequestError, Counter> counters = new EnumMap<>(RequestError.class);

    RequestErrorWriter(JsonMapper json, MeterRegistry meters) {
        for (RequestError error : RequestError.values()) {
            bodies.put(error, body(error, json));
            counters.put(
                    error,
                    Counter.builder("keylapse.http.requests.refused")
                            .description("Requests refused before they were processed")
                            .tag("reason", error.name().toLowerCase(Locale.ROOT))
                            .register(meters));
        }
    }

    /** Counts this error and makes the last response of a connection. */
    public FullHttpResponse answer(RequestError error) {
        count(error);
        byte[] body = Objects.requireNonNull(bodies.get(error));
        var response = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1,
                HttpResponseStatus.valueOf(error.status().getCode()),
                Unpooled.wrappedBuffer(body));
        response.headers()
                .set(HttpHeaderNames.CONTENT_TYPE, "application/problem+json")
                .set(HttpHeaderNames.CACHE_CONTROL, "no-store")
                .set("X-Content-Type-Options", "nosniff")
                .set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE)
                .set(HttpHeaderNames.CONTENT_LENGTH, body.length);
        if (error == RequestError.TOO_BUSY) {
            response.headers().set(HttpHeaderNames.RETRY_AFTER, "1");
        }
        return response;
    }

    /** Counts this error, if it cannot be answered. */
    public void count(RequestError error) {
        Objects.requireNonNull(counters.get(error)).increment();
    }

    private static byte[] body(RequestError error, JsonMapper json) {
        var violations =
                error.code().equals("INVALID_REQUEST") ? List.of(new Violation("request", error.detail())) : null;
        try {
            return json.writeValueAsBytes(
                    Problem.of("/", error.status(), error.code(), error.detail(), violations, Map.of()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
