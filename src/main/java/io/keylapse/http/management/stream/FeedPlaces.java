package io.keylapse.http.management.stream;

import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Singleton;

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
                        "TOO_MANY_LISTENERS",
                        "feeds open",
                        "poll GET /v1/blacklist?order=recorded instead.",
                        MAX_PER_KEY,
                        MAX),
                "keylapse.blacklist.feed.listeners",
                meters);
    }
}
