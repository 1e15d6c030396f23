package io.keylapse.http.management.stream;

import io.keylapse.http.Problem;
import io.keylapse.http.access.ManagementGate;
import io.keylapse.key.ManagementKeyId;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpMethod;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MediaType;
import io.micronaut.http.MutableHttpResponse;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Concurrency limits for the streams of one kind on this node: per management key, so that one key cannot block the others,
 * and in total.
 */
public abstract sealed class StreamPlaces permits FeedPlaces, ExportPlaces {
    /** How long a place may stay unused. If the connection is gone, the response may never be read. */
    private static final Duration USED_WITHIN = Duration.ofSeconds(10);

    private static final String RETRY_AFTER_SECONDS = "10";

    private final Map<ManagementKeyId, Integer> taken = new HashMap<>();
    private final Kind kind;
    private final Counter refusedForKey;
    private final Counter refusedInAll;
    private int total;

    /**
     * A kind of stream and its limits.
     *
     * @param name the prefix of its metrics
     * @param code the problem code for a full limit
     * @param open the streams in words, such as "feeds open"
     * @param advice what to do instead
     */
    record Kind(String name, String code, String open, String advice, int maxPerKey, int max) {}

    StreamPlaces(Kind kind, String gauge, MeterRegistry meters) {
        this.kind = kind;
        meters.gauge(gauge, this, StreamPlaces::total);
        this.refusedForKey = meters.counter(kind.name + ".refused", "limit", "credential");
        this.refusedInAll = meters.counter(kind.name + ".refused", "limit", "all");
    }

    /** The result of asking for a place. */
    sealed interface Answer {}

    /** There is no place. */
    enum Full implements Answer {
        FOR_KEY,
        IN_ALL
    }

    /** A place that is reserved for a stream until it is released. */
    final class Place implements Answer {
        private final ManagementKeyId key;
        private boolean used;
        private boolean left;

        private Place(ManagementKeyId key) {
            this.key = key;
        }

        /**
         * Starts to use the place.
         *
         * @return false if it was released before
         */
        boolean use() {
            synchronized (StreamPlaces.this) {
                used = !left;
                return used;
            }
        }

        /** Releases the place if it is not in use. */
        void leaveUnlessUsed() {
            synchronized (StreamPlaces.this) {
                if (!used) {
                    leave();
                }
            }
        }

        /** Releases the place. Further calls do nothing. */
        void leave() {
            synchronized (StreamPlaces.this) {
                if (!left) {
                    left = true;
                    total--;
                    taken.computeIfPresent(key, (_, count) -> count == 1 ? null : count - 1);
                }
            }
        }
    }

    /**
     * Responds with a stream that has a place for as long as it lasts, or with 429 or 503 if there is none.
     *
     * @param stream called once there is a place
     */
    public HttpResponse<?> answer(HttpRequest<?> request, MutableHttpResponse<?> response, Supplier<Flux<?>> stream) {
        return switch (take(ManagementGate.callerOf(request).id())) {
            case Full full -> refusal(request, full);
            case Place place -> {
                try {
                    Flux<?> body = stream.get().doFinally(_ -> place.leave());
                    if (request.getMethod() == HttpMethod.HEAD) {
                        place.leave();
                        yield response;
                    }
                    var _ = Mono.delay(USED_WITHIN).subscribe(_ -> place.leaveUnlessUsed());
                    yield response.body(
                            Flux.defer(() -> place.use() ? body : Flux.error(new IllegalStateException("too late"))));
                } catch (RuntimeException e) {
                    place.leave();
                    throw e;
                }
            }
        };
    }

    private HttpResponse<?> refusal(HttpRequest<?> request, Full full) {
        Problem problem = switch (full) {
            case FOR_KEY ->
                Problem.of(
                        request,
                        HttpStatus.TOO_MANY_REQUESTS,
                        kind.code,
                        "This management key already has " + kind.maxPerKey + " " + kind.open
                                + ", which is the limit. End one, or " + kind.advice);
            case IN_ALL ->
                Problem.of(
                        request,
                        HttpStatus.SERVICE_UNAVAILABLE,
                        kind.code,
                        "This node already has " + kind.max + " " + kind.open
                                + ", which is the limit. Try again later, or " + kind.advice);
        };
        return problem.response()
                .contentType(MediaType.of("application/problem+json"))
                .header(HttpHeaders.RETRY_AFTER, RETRY_AFTER_SECONDS);
    }

    /** Reserves a place, if there is one. */
    synchronized Answer take(ManagementKeyId key) {
        int ofKey = taken.getOrDefault(key, 0);
        if (ofKey == kind.maxPerKey) {
            refusedForKey.increment();
            return Full.FOR_KEY;
        }
        if (total == kind.max) {
            refusedInAll.increment();
            return Full.IN_ALL;
        }
        taken.put(key, ofKey + 1);
        total++;
        return new Place(key);
    }

    /** The keys that have a place. */
    public synchronized Set<ManagementKeyId> keys() {
        return Set.copyOf(taken.keySet());
    }

    private synchronized int total() {
        return total;
    }
}
