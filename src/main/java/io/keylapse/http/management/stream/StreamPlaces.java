package io.keylapse.http.management.stream;

import io.keylapse.http.Problem;
import io.keylapse.http.access.ManagementGate;
import io.keylapse.key.ManagementKeyId;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpMethod;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MediaType;
import io.micronaut.http.MutableHttpResponse;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
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
    private final Map<Tags, Integer> open = new HashMap<>();
    private final Kind kind;
    private final MeterRegistry meters;
    private int total;

    /**
     * A kind of stream and its limits.
     *
     * @param name the prefix of its metrics
     * @param gauge the last word of the metric of open streams
     * @param code the problem code for a full limit
     * @param open the streams in words, such as "feeds open"
     * @param advice what to do instead
     */
    record Kind(String name, String gauge, String code, String open, String advice, int maxPerKey, int max) {}

    /** @param tags the streams that its metrics tell apart */
    StreamPlaces(Kind kind, List<Tags> tags, MeterRegistry meters) {
        this.kind = kind;
        this.meters = meters;
        for (Tags each : tags) {
            meters.gauge(kind.name + "." + kind.gauge, each, this, places -> places.open(each));
            for (Full limit : Full.values()) {
                refused(each, limit);
            }
        }
    }

    private Counter refused(Tags tags, Full limit) {
        return meters.counter(kind.name + ".refused", tags.and("limit", limit.word));
    }

    /** The result of asking for a place. */
    sealed interface Answer {}

    /** There is no place. */
    enum Full implements Answer {
        FOR_KEY("credential"),
        IN_ALL("all");

        private final String word;

        Full(String word) {
            this.word = word;
        }
    }

    /** A place that is reserved for a stream until it is released. */
    final class Place implements Answer {
        private final ManagementKeyId key;
        private final Tags tags;
        private boolean used;
        private boolean left;

        private Place(ManagementKeyId key, Tags tags) {
            this.key = key;
            this.tags = tags;
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
                    open.merge(tags, -1, Integer::sum);
                }
            }
        }
    }

    /**
     * Responds with a stream that has a place for as long as it lasts, or with 429 or 503 if there is none.
     *
     * @param tags those of its metrics
     * @param stream called once there is a place
     */
    HttpResponse<?> answer(
            HttpRequest<?> request, Tags tags, MutableHttpResponse<?> response, Supplier<Flux<?>> stream) {
        return switch (take(ManagementGate.callerOf(request).id(), tags)) {
            case Full full -> {
                refused(tags, full).increment();
                yield refusal(request, full);
            }
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
    synchronized Answer take(ManagementKeyId key, Tags tags) {
        int ofKey = taken.getOrDefault(key, 0);
        if (ofKey == kind.maxPerKey) {
            return Full.FOR_KEY;
        }
        if (total == kind.max) {
            return Full.IN_ALL;
        }
        taken.put(key, ofKey + 1);
        total++;
        open.merge(tags, 1, Integer::sum);
        return new Place(key, tags);
    }

    /** The keys that have a place. */
    public synchronized Set<ManagementKeyId> keys() {
        return Set.copyOf(taken.keySet());
    }

    private synchronized int open(Tags tags) {
        return open.getOrDefault(tags, 0);
    }
}
