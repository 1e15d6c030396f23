package io.keylapse.registry.sql.lane;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import jakarta.inject.Singleton;
import java.util.concurrent.atomic.LongAdder;

/** Metrics of the connection lanes. */
@Singleton
final class LaneMeters implements MeterBinder {
    private final ConnectionLanes lanes;

    LaneMeters(ConnectionLanes lanes) {
        this.lanes = lanes;
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        for (PostgresLane each : PostgresLane.values()) {
            Bulkhead lane = lanes.lane(each);
            Gauge.builder("keylapse.postgres.lane.places", lane, Bulkhead::places)
                    .description("connections to Postgres that this kind of work may use at once")
                    .tag("lane", each.word())
                    .register(registry);
            Gauge.builder("keylapse.postgres.lane.used", lane, Bulkhead::inUse)
                    .description("connections to Postgres that this kind of work uses")
                    .tag("lane", each.word())
                    .register(registry);
            Gauge.builder("keylapse.postgres.lane.waiting", lane, Bulkhead::waiting)
                    .description("tasks that wait for a connection of their lane")
                    .tag("lane", each.word())
                    .register(registry);
            FunctionCounter.builder("keylapse.postgres.lane.refused", lane.refused(), LongAdder::sum)
                    .description("tasks that were refused because they got no connection in time")
                    .tag("lane", each.word())
                    .register(registry);
        }
    }
}
