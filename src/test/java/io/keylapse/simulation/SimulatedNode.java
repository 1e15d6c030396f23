package io.keylapse.simulation;

import io.keylapse.active.redis.RedisByWire;
import io.keylapse.active.redis.RedisConnection;
import io.keylapse.active.redis.RedisSettings;
import io.keylapse.background.LoopRegistry;
import io.keylapse.check.CheckSettings;
import io.keylapse.check.KeyCheck;
import io.keylapse.check.NearCacheSettings;
import io.keylapse.expiry.ExpirySettings;
import io.keylapse.key.KeyFormat;
import io.keylapse.key.input.MailCapabilities;
import io.keylapse.lifecycle.ChangeKey;
import io.keylapse.lifecycle.IssueKey;
import io.keylapse.lifecycle.RenewKey;
import io.keylapse.lifecycle.RevokeKey;
import io.keylapse.lifecycle.RotateKey;
import io.keylapse.lifecycle.rules.LifecycleSettings;
import io.keylapse.lifecycle.rules.SelfRenewal;
import io.keylapse.lifecycle.rules.SelfRotation;
import io.keylapse.registry.sql.Postgres;
import io.keylapse.registry.usage.UsageSettings;
import io.keylapse.simulation.postgres.ModelJdbc;
import io.keylapse.simulation.postgres.PostgresSite;
import io.keylapse.simulation.redis.RedisSite;
import io.keylapse.simulation.redis.RedisWire;
import io.keylapse.simulation.world.Beans;
import io.keylapse.simulation.world.Host;
import io.keylapse.simulation.world.World;
import io.keylapse.sync.SyncSettings;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import io.micronaut.data.connection.ConnectionOperations;
import io.micronaut.transaction.TransactionOperations;
import java.time.Clock;
import java.time.Duration;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.List;
import java.util.function.BooleanSupplier;
import javax.sql.DataSource;

/** A service node: the production code, on the simulated network and stores. */
final class SimulatedNode {
    private static final KeyFormat FORMAT = new KeyFormat("kl", List.of());

    /** Small, so that requests have to wait for connections. */
    private static final int POSTGRES_POOL = 8;

    /** The beans that Micronaut starts by itself; their order does not matter. */
    private static final List<String> STARTED = List.of(
            "sync.ChangeFeed",
            "sync.RedisFollower",
            "sync.MilestoneWriter",
            "expiry.LeaderElection",
            "expiry.ExpiryListener",
            "expiry.ExpiryPrompter",
            "expiry.ExpiryRecorder",
            "expiry.ExpirySweep",
            "registry.usage.UsageWriter");

    private final Host host;
    private final Beans beans = new Beans();
    private boolean up;

    /** The settings of a node that differ between histories. */
    record Settings(
            Duration syncInterval,
            CheckSettings.WhenStale whenStale,
            boolean writeThrough,
            Duration clockError,
            int remembers,
            int usesPerSecond) {}

    private SimulatedNode(Host host) {
        this.host = host;
    }

    /** Starts a node on that host. */
    static SimulatedNode start(Host host, Settings settings, PostgresSite postgres, RedisSite redis) {
        var node = new SimulatedNode(host);
        World.here().spawn(host, "start", () -> node.start(settings, postgres, redis));
        return node;
    }

    private void start(Settings settings, PostgresSite postgres, RedisSite redis) {
        World world = World.here();
        beans.put(ConnectionOperations.class, ModelJdbc.connections(postgres.session()));
        beans.put(TransactionOperations.class, ModelJdbc.transactions(postgres.session()));
        beans.put(DataSource.class, ModelJdbc.noPool());
        beans.put(MeterRegistry.class, new CompositeMeterRegistry());
        beans.put(KeyFormat.class, FORMAT);
        // The nodes' clocks have different errors, which must not matter.
        Duration error = Duration.ofNanos(world.between(settings.clockError.negated(), settings.clockError));
        InstantSource clock = () -> world.instant().plus(error);
        beans.put(Clock.class, clock.withZone(ZoneOffset.UTC));
        var redisSettings = new RedisSettings("redis://redis", "kl:", null, settings.writeThrough);
        beans.put(
                RedisConnection.class,
                RedisByWire.connect(
                        beans.get(LoopRegistry.class), redisSettings, timeout -> new RedisWire(redis, timeout)));
        beans.put(int.class, POSTGRES_POOL);
        beans.put(RedisSettings.class, redisSettings);
        beans.put(SyncSettings.class, new SyncSettings(settings.syncInterval, true));
        beans.put(
                CheckSettings.class,
                new CheckSettings(4, 100, Duration.ofSeconds(1), Promises.STALE_AFTER, settings.whenStale));
        beans.put(NearCacheSettings.class, new NearCacheSettings(settings.remembers, Promises.STALE_AFTER));
        beans.put(UsageSettings.class, new UsageSettings(true, Uses.INTERVAL, settings.usesPerSecond));
        beans.put(LifecycleSettings.class, new LifecycleSettings(Duration.ofDays(366), true));
        beans.put(SelfRenewal.class, new SelfRenewal(SelfRenewal.Policy.NEVER, Duration.ZERO));
        beans.put(SelfRotation.class, new SelfRotation(SelfRotation.Policy.NEVER, 1));
        beans.put(MailCapabilities.class, (MailCapabilities) () -> false);
        beans.put(ExpirySettings.class, new ExpirySettings(true, true, true, 100));
        STARTED.forEach(beans::start);
        up = true;
        world.trace(() -> "has started");
    }

    Host host() {
        return host;
    }

    /** Whether the node answers calls. */
    boolean isUp() {
        return up && !host.isDead();
    }

    /** A management call that holds its connection to Postgres until the condition is true. */
    void hog(BooleanSupplier over) {
        World world = World.here();
        world.spawn(host, "hog", () -> {
            try {
                beans.get(Postgres.class).inTransaction(() -> {
                    world.await(() -> over.getAsBoolean() ? 0 : World.NEVER);
                    return "";
                });
            } catch (RuntimeException e) {
                world.trace(() -> "hog: " + e);
            }
        });
    }

    KeyCheck check() {
        return beans.get(KeyCheck.class);
    }

    IssueKey issue() {
        return beans.get(IssueKey.class);
    }

    RenewKey renew() {
        return beans.get(RenewKey.class);
    }

    RotateKey rotate() {
        return beans.get(RotateKey.class);
    }

    RevokeKey revoke() {
        return beans.get(RevokeKey.class);
    }

    ChangeKey change() {
        return beans.get(ChangeKey.class);
    }
}
