package io.keylapse.http.connection.lane;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Singleton;

/**
 * Concurrency limits for requests other than checks, over all connections. Each costs as much as dozens of checks, so a
 * flood of them would otherwise starve checks of CPU time.
 *
 * <p>Probes have a lane of their own, because an orchestrator restarts a service that does not answer them. So do scrapes,
 * which cost the most, and batches of checks and introspections, which must not wait behind slow management calls.
 */
@Singleton
public final class LaneSelector {
    private static final int PLACES = 32;

    private static final int PLACES_FOR_BATCHES = 8;

    /** Anybody can make these calls, and send their bodies slowly. */
    private static final int PLACES_FOR_LINKS = 8;

    /** Concurrent probes share one look at the stores, so many of them cost little. */
    private static final int PLACES_FOR_PROBES = 64;

    private static final int PLACES_FOR_OBSERVERS = 4;

    private final RequestLane others;
    private final RequestLane batches;
    private final RequestLane links;
    private final RequestLane probes;
    private final RequestLane observers;

    LaneSelector(MeterRegistry meters) {
        this.others = lane("others", PLACES, meters);
        this.batches = lane("batches", PLACES_FOR_BATCHES, meters);
        this.links = lane("links", PLACES_FOR_LINKS, meters);
        this.probes = lane("probes", PLACES_FOR_PROBES, meters);
        this.observers = lane("observers", PLACES_FOR_OBSERVERS, meters);
    }

    private static RequestLane lane(String name, int places, MeterRegistry meters) {
        var lane = new RequestLane(places);
        Gauge.builder("keylapse.http.requests.waiting", lane, RequestLane::waiting)
                .description("Requests other than checks that wait for a place in their lane")
                .tag("lane", name)
                .register(meters);
        return lane;
    }

    /** The lane of a request for this target, which is not a check. It does not affect access control. */
    public RequestLane of(String target) {
        if (target.startsWith("/health/")) {
            return probes;
        }
        if (target.startsWith("/v1/checks") || target.startsWith("/introspect")) {
            return batches;
        }
        if (target.startsWith("/v1/self/link")) {
            return links;
        }
        return target.startsWith("/health") || target.startsWith("/prometheus") ? observers : others;
    }
}
