package io.keylapse.http.management.stream;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.MutableHttpResponse;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.function.Supplier;
import reactor.core.publisher.Flux;

/**
 * Concurrency limit for feeds of endings: 5 for each management key and 50 on the node. Each feed queries Postgres once a
 * second.
 */
@Singleton
public final class FeedPlaces extends StreamPlaces {
    static final int MAX_PER_KEY = 5;
    static final int MAX = 50;

    FeedPlaces(MeterRegistry meters) {
        super(
                new Kind(
                        "keylapse.blacklist.feed",
                        "listeners",
                        "TOO_MANY_LISTENERS",
                        "feeds open",
                        "poll GET /v1/blacklist?order=recorded instead.",
                        MAX_PER_KEY,
                        MAX),
                List.of(Tags.empty()),
                meters);
    }

    /** Responds as {@link StreamPlaces} does. */
    public HttpResponse<?> answer(HttpRequest<?> request, MutableHttpResponse<?> response, Supplier<Flux<?>> stream) {
        return answer(request, Tags.empty(), response, stream);
    }
}
