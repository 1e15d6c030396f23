package io.keylapse.http.connection.lane;

import io.keylapse.http.RequestTarget;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Singleton;

/**
 * Concurrency limits for requests other than checks, over all connections. Each costs as much as dozens of checks, so a
 * flood of them would otherwise starve checks of CPU time.
 *
 * <p>Probes have a lane of their own, because an orchestrator restarts a service that does not answer them. So do scrapes,
 * which cost the most, batches of checks and introspections, which must not wait behind slow management calls, and key
 * holders, who are many, and who must not keep admins out.
 */
@Singleton
public final class LaneSelector {
    private static final int PLACES = 32;

    private static final int PLACES_FOR_BATCHES = 8;

    /** At most half of the connections to Postgres that management has by default; the other half is left to admins. */
    private static final int PLACES_FOR_HOLDERS = 4;

    /** A fraction of a second of work. More are refused. */
    private static final int MAX_WAITING_HOLDERS = 256;

    /** Anybody can make these calls, and send their bodies slowly. */
    private static final int PLACES_FOR_LINKS = 8;

    /** Concurrent probes share one look at the stores, so many of them cost little. */
    private static final int PLACES_FOR_PROBES = 64;

    private static final int PLACES_FOR_OBSERVERS = 4;

    private final RequestLane others;
    private final RequestLane batches;
    private final RequestLane holders;
    private final RequestLane links;
    private final RequestLane probes;
    private final RequestLane observers;

    LaneSelector(MeterRegistry meters) {
        this.others = lane("others", PLACES, Integer.MAX_VALUE, meters);
        this.batches = lane("batches", PLACES_FOR_BATCHES, Integer.MAX_VALUE, meters);
        this.holders = lane("holders", PLACES_FOR_HOLDERS, MAX_WAITING_HOLDERS, meters);
        this.links = lane("links", PLACES_FOR_LINKS, Integer.MAX_VALUE, meters);
        this.probes = lane("probes", PLACES_FOR_PROBES, Integer.MAX_VALUE, meters);
        this.observers = lane("observers", PLACES_FOR_OBSERVERS, Integer.MAX_VALUE, meters);
    }

    private static RequestLane lane(String name, int places, int mostWaiting, MeterRegistry meters) {
        var lane = new RequestLane(places, mostWaiting);
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
        if (RequestTarget.spells(target, RequestTarget.LINKS)) {
            return links;
        }
        if (RequestTarget.spells(target, RequestTarget.HOLDERS)) {
            return holders;
        }
        return target.startsWith("/health") || target.startsWith("/prometheus") ? observers : others;
    }
}
