package io.keylapse.registry.sql.lane;

import io.micronaut.context.annotation.Value;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Bulkheads that divide the connections to Postgres among kinds of work. All lanes together have as many places as the pool
 * has connections, so work with a place gets a connection at once. Work without one waits here, and a timeout of this wait
 * does not count as a failure of Postgres.
 *
 * <p>The {@value #OWN_WORK_PLACES} places for Keylapse's own work are about one for each task. Checks and management share
 * the rest equally.
 */
@Singleton
public final class ConnectionLanes {
    /** Minimum pool size: two connections each for checks and management, in addition to those for own work. */
    public static final int MIN_POOL_SIZE = 12;

    private static final int OWN_WORK_PLACES = 8;

    /** Default time that work waits for a place. */
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private static final ScopedValue<PostgresLane> CHOSEN = ScopedValue.newInstance();
    private static final ScopedValue<PostgresLane> HELD = ScopedValue.newInstance();

    private final Map<PostgresLane, Bulkhead> lanes = new EnumMap<>(PostgresLane.class);

    ConnectionLanes(@Value("${datasources.default.maximum-pool-size}") int poolSize) {
        for (PostgresLane lane : PostgresLane.values()) {
            lanes.put(lane, new Bulkhead(places(lane, poolSize)));
        }
    }

    /** How many places a lane has in a pool of this size. */
    public static int places(PostgresLane lane, int poolSize) {
        int forRequests = Math.max(2, poolSize - OWN_WORK_PLACES);
        return switch (lane) {
            case OWN_WORK -> OWN_WORK_PLACES;
            case CHECKS -> forRequests / 2;
            case MANAGEMENT -> forRequests - forRequests / 2;
            case HEAVY -> Math.max(1, (forRequests - forRequests / 2) / 2);
        };
    }

    /** How many places a lane has. */
    public int places(PostgresLane lane) {
        return lane(lane).places();
    }

    Bulkhead lane(PostgresLane lane) {
        return Objects.requireNonNull(lanes.get(lane));
    }

    /** Runs work whose statements take their places in that lane, one after the other. The default lane is MANAGEMENT. */
    public static <T extends @Nullable Object, X extends Throwable> T in(
            PostgresLane lane, ScopedValue.CallableOp<T, X> work) throws X {
        return ScopedValue.where(CHOSEN, lane).call(work);
    }

    /**
     * Runs work with a place of its lane, unless it has a place already.
     *
     * @throws NoTurnException if no place becomes free within 2 seconds. Heavy work is refused at once if twice as many
     *     tasks as there are places wait already, because waiting requests count against the limit of concurrent requests.
     */
    public <T> T withPlace(Supplier<T> work) {
        PostgresLane lane = CHOSEN.orElse(PostgresLane.MANAGEMENT);
        return withPlace(lane, PATIENCE, lane == PostgresLane.HEAVY ? 2 * places(lane) : Integer.MAX_VALUE, work);
    }

    /**
     * Runs work with a place of that lane, unless it has a place already. All its statements share the place.
     *
     * @throws NoTurnException if no place becomes free in time
     */
    public <T> T withPlace(PostgresLane lane, Duration patience, Supplier<T> work) {
        return withPlace(lane, patience, Integer.MAX_VALUE, work);
    }

    private <T> T withPlace(PostgresLane lane, Duration patience, int mostWaiting, Supplier<T> work) {
        if (HELD.isBound()) {
            return work.get();
        }
        Bulkhead places = lane(lane);
        if (!places.enter(patience, mostWaiting)) {
            throw new NoTurnException(lane);
        }
        try {
            return lane == PostgresLane.HEAVY
                    ? withPlace(PostgresLane.MANAGEMENT, patience, work)
                    : ScopedValue.where(HELD, lane).call(work::get);
        } finally {
            places.leave();
        }
    }
}
