package io.keylapse.simulation;

import io.keylapse.registry.ending.BlacklistTable;
import io.keylapse.simulation.postgres.KeyVersion;
import io.keylapse.simulation.postgres.ModelPostgres.RecordedEnding;
import io.keylapse.simulation.postgres.PostgresSite;
import io.keylapse.simulation.redis.RedisSite;
import io.keylapse.simulation.redis.StoredVersion;
import io.keylapse.simulation.world.World;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * Checks the promises about stored data: the endings in Postgres, and the entries in Redis at the end of a history.
 */
final class Audit {
    /** P2: the limit for recording an expiry while Postgres is healthy. */
    private static final Duration RECORDED_WITHIN = Duration.ofSeconds(4);

    /** P2: the usual limit for recording an expiry, which always holds while nothing is wrong. */
    static final Duration MOSTLY_RECORDED_WITHIN = Duration.ofSeconds(2);

    private final World world = World.here();
    private final PostgresSite postgres;
    private final RedisSite redis;
    private final Promises promises;
    private final Duration skew;
    private final List<SimulatedNode> nodes;
    private final List<Instant> unhealthy = new ArrayList<>();

    Audit(PostgresSite postgres, RedisSite redis, Promises promises, Duration skew, List<SimulatedNode> nodes) {
        this.postgres = postgres;
        this.redis = redis;
        this.promises = promises;
        this.skew = skew;
        this.nodes = nodes;
    }

    private record Ending(UUID key, int version, String reason, Instant at) {}

    /** Notes when Postgres was not healthy for every node, or a node was dead or paused. */
    void look() {
        boolean well = nodes.stream()
                .allMatch(node -> !node.host().isDead()
                        && node.host().pausedUntil() <= world.now()
                        && postgres.isWellFor(node.host()));
        if (!well) {
            unhealthy.add(world.instant());
        }
    }

    /** The first thing that is not yet as promised; null if there is none. */
    String wrong() {
        for (SimulatedNode node : nodes) {
            if (!node.isUp()) {
                return "not up: " + node.host().name();
            }
        }
        for (SimulatedNode node : nodes) {
            if (!redis.isHeardBy(node.host())) {
                return "P2: not subscribed: " + node.host().name();
            }
        }
        if (postgres.hasTransactionsLeftOpen()) {
            return "P2: Postgres has not ended the transactions of a vanished host";
        }
        if (!postgres.server().isFollowedBy(redis.followed())) {
            return "P7: Redis does not follow Postgres";
        }
        for (Ending ending : expected()) {
            if (postgres.server().recorded().stream().noneMatch(each -> is(ending, each))) {
                return "P2: not recorded: " + ending;
            }
        }
        for (UUID key : postgres.server().ids()) {
            KeyVersion wanted = postgres.server().versions(key).getLast();
            StoredVersion stored = StoredVersion.of(redis.server(), wanted.name());
            Instant soon = world.instant().plus(skew.abs()).plusMillis(100);
            if (wanted.isGoodAt(soon) && (stored == null || !stored.is(wanted))) {
                return "P7: Redis has " + stored + " for " + key + ", but Postgres has " + wanted;
            }
            if (!wanted.isGoodAt(world.instant()) && stored != null && stored.isGoodAt(world.instant())) {
                return "P7: Redis has " + stored + " for " + key + ", but Postgres has " + wanted;
            }
        }
        return null;
    }

    private static boolean is(Ending ending, RecordedEnding recorded) {
        return recorded.key().equals(ending.key)
                && recorded.version() == ending.version
                && recorded.reason().equals(ending.reason)
                && recorded.endedAt().equals(ending.at);
    }

    /** All endings that must be recorded, derived from the versions of the keys. */
    private List<Ending> expected() {
        var endings = new ArrayList<Ending>();
        for (UUID key : postgres.server().ids()) {
            List<KeyVersion> versions = postgres.server().versions(key);
            for (int i = 0; i < versions.size(); i++) {
                KeyVersion version = versions.get(i);
                Instant until = i + 1 < versions.size() ? versions.get(i + 1).decidedAt() : world.instant();
                boolean first = i == 0 || versions.get(i - 1).version() < version.version();
                if (version.state().equals("active")
                        && version.expiresAt() != null
                        && !version.expiresAt().isAfter(until)
                        && !(i + 1 < versions.size() && goesOn(version, versions.get(i + 1)))) {
                    endings.add(new Ending(key, version.version(), version.endReason(), version.expiresAt()));
                } else if (first
                        && ended(version)
                        && !versions.get(i - 1).state().equals(version.state())) {
                    endings.add(new Ending(key, version.version(), version.state(), version.endedAt()));
                }
            }
        }
        return endings;
    }

    /**
     * Whether a key was only changed in its details after its deadline; its ending is then recorded with the later
     * version.
     */
    private static boolean goesOn(KeyVersion version, KeyVersion next) {
        return next.state().equals("active") && version.expiresAt().equals(next.expiresAt());
    }

    private static boolean ended(KeyVersion version) {
        return !version.state().equals("active");
    }

    /** Compares the recorded endings with the expected ones. */
    void endings() {
        List<Ending> expected = expected();
        for (RecordedEnding recorded : postgres.server().recorded()) {
            if (expected.stream().noneMatch(each -> is(each, recorded))) {
                world.violated("P2: recorded, but it never happened: " + recorded);
            }
            if (!recorded.reason().equals("revoked")) {
                timely(recorded);
                renewedInTime(recorded);
            }
        }
    }

    /**
     * Checks an expiry while nothing is wrong: it must have been recorded by its notification, earlier than the sweep
     * could.
     */
    void wasNotified(UUID key) {
        if (postgres.server().recorded().stream()
                .noneMatch(each -> each.key().equals(key)
                        && each.recordedAt().isBefore(each.endedAt().plus(BlacklistTable.OVERLOOKED_AFTER)))) {
            world.violated("P2: nothing is wrong, but no node was notified of the expiry of " + key);
        }
    }

    private void timely(RecordedEnding recorded) {
        Instant until = recorded.endedAt().plus(RECORDED_WITHIN);
        Instant lastUnhealthy = unhealthy.stream()
                .filter(each -> each.isBefore(recorded.recordedAt()))
                .reduce(Instant.MIN, (_, later) -> later);
        if (recorded.recordedAt().isBefore(recorded.endedAt())) {
            world.violated("P3: recorded before its deadline: " + recorded);
        }
        if (recorded.recordedAt().isAfter(until)
                && recorded.recordedAt()
                        .isAfter(lastUnhealthy.isAfter(Instant.EPOCH) ? lastUnhealthy.plus(RECORDED_WITHIN) : until)) {
            world.violated("P2: recorded late: " + recorded);
        }
    }

    private void renewedInTime(RecordedEnding recorded) {
        for (Map.Entry<Integer, Instant> each :
                promises.acknowledgements(recorded.key()).entrySet()) {
            if (each.getKey() > recorded.version() && each.getValue().isBefore(recorded.endedAt())) {
                world.violated("P3: version " + each.getKey() + " was acknowledged at " + each.getValue()
                        + ", but the expiry was recorded: " + recorded);
            }
        }
    }
}
