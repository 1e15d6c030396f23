package io.keylapse.simulation;

import io.keylapse.check.CheckSettings.WhenStale;
import io.keylapse.expiry.NodeTable;
import io.keylapse.simulation.postgres.PostgresSite;
import io.keylapse.simulation.redis.RedisSite;
import io.keylapse.simulation.world.Finding;
import io.keylapse.simulation.world.Host;
import io.keylapse.simulation.world.World;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;

/**
 * One simulated history: nodes, clients that use them, and faults; then a quiet phase, in which all promises must be
 * met. The seed determines everything.
 */
public final class History implements BiFunction<Long, Boolean, Finding> {
    private static final Duration LOOK = Duration.ofMillis(100);
    private static final Duration PATIENCE = Duration.ofSeconds(40);

    /**
     * The time until the leadership of the recorder has passed on from a dead node, and a lost subscription is
     * replaced.
     */
    private static final Duration LEADER_REPLACED_WITHIN = NodeTable.GONE_AFTER.plusMillis(1_500);

    @Override
    public Finding apply(Long seed, Boolean tracing) {
        return World.live(seed, tracing, History::happen);
    }

    private static void happen(World world) {
        var settings = new SimulatedNode.Settings(
                Duration.ofNanos(world.between(Duration.ofMillis(100), Duration.ofMillis(400))),
                world.chance(0.5) ? WhenStale.SERVE : WhenStale.REFUSE,
                world.chance(0.6),
                world.chance(0.7) ? Duration.ZERO : Duration.ofSeconds(5),
                world.chance(0.75) ? 100 : 0,
                world.chance(0.5) ? 6 : 1);
        Duration skew = world.chance(0.7)
                ? Duration.ZERO
                : Duration.ofNanos(world.between(Duration.ofSeconds(-5), Duration.ofSeconds(5)));
        world.trace(() -> settings + ", Redis's clock leads by " + skew);
        var postgres = new PostgresSite();
        var redis = new RedisSite(skew);
        var nodes = new ArrayList<SimulatedNode>();
        int count = 1 + world.random().nextInt(3);
        for (int i = 0; i < count; i++) {
            nodes.add(SimulatedNode.start(new Host("node" + i), settings, postgres, redis));
        }
        world.sleep(Duration.ofMillis(50).toNanos());
        var uses = new Uses(postgres, nodes);
        var promises = new Promises(postgres, settings.whenStale(), uses);
        var audit = new Audit(postgres, redis, promises, skew, nodes);
        var clients = new Clients(nodes, promises);
        var faults = new Faults(nodes, settings, postgres, redis, clients, promises);
        watch(world, promises, audit, uses, nodes);
        clients.begin(1 + world.random().nextInt(4));
        faults.begin();
        world.sleep(world.between(Duration.ofSeconds(3), Duration.ofSeconds(9)));
        faults.end();
        clients.end();
        world.trace(() -> "quiet");
        world.sleep(Math.max(0, redis.lastLate() - world.now()));
        awaitHealthy(world, audit);
        world.sleep(LEADER_REPLACED_WITHIN.toNanos());
        if (audit.wrong() != null) {
            // A node that was paused until now may only then have noticed that Postgres had lost history.
            awaitHealthy(world, audit);
            world.sleep(LEADER_REPLACED_WITHIN.toNanos());
        }
        if (skew.isZero()) {
            audit.wasNotified(clients.issueBriefly());
        }
        if (settings.writeThrough()) {
            clients.revokeEverywhere(nodes);
        }
        audit.endings();
        clients.checkAll(nodes);
    }

    private static void watch(World world, Promises promises, Audit audit, Uses uses, List<SimulatedNode> nodes) {
        world.after(LOOK.toNanos() / 10, world.outside(), () -> {
            promises.look(nodes);
            audit.look();
            uses.look();
            watch(world, promises, audit, uses, nodes);
        });
    }

    private static void awaitHealthy(World world, Audit audit) {
        long until = world.now() + PATIENCE.toNanos();
        String wrong = audit.wrong();
        while (wrong != null) {
            if (world.now() > until) {
                world.violated(wrong);
                return;
            }
            world.sleep(LOOK.toNanos());
            wrong = audit.wrong();
        }
    }
}
