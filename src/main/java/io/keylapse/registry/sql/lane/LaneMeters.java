package io.keylapse.registry.sql.lane;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import jakarta.inject.Singleton;
import java.util.concurrent.atomic.LongAdder;

/** Shows how busy each lane is. */
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
                    .description("how many connections to Postgres this kind of work may use at once")
                    .tag("lane", each.word())
                    .register(registry);
            Gauge.builder("keylapse.postgres.lane.used", lane, Bulkhead::inUse)
                    .description("how many of them are in use")
                    .tag("lane", each.word())
                    .register(registry);
            Gauge.builder("keylapse.postgres.lane.waiting", lane, Bulkhead::waiting)
                    .description("how much work waits for one of them")
                    .tag("lane", each.word())
                    .register(registry);
            FunctionCounter.builder("keylapse.postgres.lane.refused", lane.refused(), LongAdder::sum)
                    .description("how often work got none in time")
                    .tag("lane", each.word())
                    .register(registry);
        }
    }
}
