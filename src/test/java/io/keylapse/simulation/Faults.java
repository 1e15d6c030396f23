package io.keylapse.simulation;

import io.keylapse.simulation.postgres.ModelPostgres.Loss;
import io.keylapse.simulation.postgres.PostgresSite;
import io.keylapse.simulation.redis.RedisSite;
import io.keylapse.simulation.world.Host;
import io.keylapse.simulation.world.World;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Injects temporary faults of the stores, the network and the nodes. A history has only a few kinds of faults, each
 * often: with all kinds in one history, interesting combinations would be rare.
 */
final class Faults {
    private static final int KINDS = 26;
    private static final List<Loss> LOSSES = List.of(Loss.values());

    /** More than a node has connections for management. */
    private static final int HOGS = 20;

    private static final Duration MIN_LENGTH = Duration.ofMillis(20);
    private static final Duration SOON = Duration.ofSeconds(2);
    private static final Duration MAX_LENGTH = Duration.ofSeconds(6);

    private final World world = World.here();
    private final List<SimulatedNode> nodes;
    private final SimulatedNode.Settings settings;
    private final PostgresSite postgres;
    private final RedisSite redis;
    private final Clients clients;
    private final Promises promises;
    private final List<Runnable> repairs = new ArrayList<>();
    private final List<Integer> chosen = new ArrayList<>();
    private final Duration pause;
    private boolean ending;
    private int restarts;

    Faults(
            List<SimulatedNode> nodes,
            SimulatedNode.Settings settings,
            PostgresSite postgres,
            RedisSite redis,
            Clients clients,
            Promises promises) {
        this.nodes = nodes;
        this.settings = settings;
        this.postgres = postgres;
        this.redis = redis;
        this.clients = clients;
        this.promises = promises;
        this.pause = Duration.ofMillis(300 + world.random().nextInt(1500));
        chosen.add(world.random().nextInt(KINDS));
        for (int kind = 0; kind < KINDS; kind++) {
            if (world.chance(0.25)) {
                chosen.add(kind);
            }
        }
    }

    void begin() {
        world.spawn(new Host("faults"), "faults", () -> {
            while (!ending) {
                world.sleep(world.between(Duration.ZERO, pause));
                if (!ending) {
                    strike();
                }
            }
        });
    }

    /** Repairs all faults. */
    void end() {
        ending = true;
        List.copyOf(repairs).forEach(Runnable::run);
    }

    private void strike() {
        int which = world.random().nextInt(nodes.size());
        Host host = nodes.get(which).host();
        switch (chosen.get(world.random().nextInt(chosen.size()))) {
            case 0 ->
                during(
                        "Redis cut off from " + host.name(),
                        () -> redis.cutOff(host, true),
                        () -> redis.cutOff(host, false));
            case 1 -> during("Redis down", () -> redis.down(true), () -> redis.down(false));
            case 2 -> during("Redis slow", () -> redis.slow(true), () -> redis.slow(false));
            case 3 ->
                during("events lost, repeated, delayed", () -> redis.eventsFail(true), () -> redis.eventsFail(false));
            case 4 -> during("writes repeated", () -> redis.writesRepeat(true), () -> redis.writesRepeat(false));
            case 5 -> at("Redis frozen", () -> redis.freeze(length()));
            case 6 -> at("Redis flushed", redis::flush);
            case 7 -> at("Redis copied", redis::copy);
            case 8 -> at("Redis replaced by its copy", () -> redis.replace(true));
            case 9 -> at("Redis replaced by an empty one", () -> redis.replace(false));
            case 10 -> at("wires of " + host.name() + " broken", () -> redis.breakWires(host));
            case 11 ->
                during(
                        "Postgres cut off from " + host.name(),
                        () -> postgres.cutOff(host, true),
                        () -> postgres.cutOff(host, false));
            case 12 -> during("Postgres slow", () -> postgres.slow(true), () -> postgres.slow(false));
            case 13 -> during("Postgres fails now and then", () -> postgres.fails(true), () -> postgres.fails(false));
            case 14 -> at(host.name() + " paused", () -> host.pauseUntil(world.now() + length()));
            case 15 ->
                during(
                        "Redis full",
                        () -> redis.server().full(true),
                        () -> redis.server().full(false));
            case 16 -> during("commits delayed", () -> postgres.commitsStall(true), () -> postgres.commitsStall(false));
            case 17 -> at("Redis fails over", redis::failOver);
            case 18 -> at(host.name() + " loses its subscriptions", () -> redis.dropSubscriptions(host));
            case 19 -> during("Postgres frozen", () -> postgres.freeze(true), () -> postgres.freeze(false));
            // A restore of everything: no node remembers the changes that the copy lacks.
            case 20 -> {
                Runnable restore = redis.restoreLater();
                during(
                        "all killed and started, then Redis replaced by an old copy",
                        world.between(MIN_LENGTH, SOON),
                        this::restartAll,
                        () -> {
                            restore.run();
                            clients.rush();
                        });
            }
            case 21 ->
                during(
                        "Redis refuses now and then",
                        () -> redis.refuseNowAndThen(true),
                        () -> redis.refuseNowAndThen(false));
            case 22 -> {
                Loss how = LOSSES.get(world.random().nextInt(LOSSES.size()));
                if (postgres.hasCopies()) {
                    at("Postgres loses history: " + how, () -> {
                        postgres.lose(how);
                        promises.postgresLost();
                    });
                }
            }
            case 23 ->
                during(
                        host.name() + " vanishes with open transactions",
                        () -> {
                            postgres.vanish(host);
                            host.die();
                        },
                        () -> restart(which));
            case 24 -> {
                var over = new boolean[1];
                SimulatedNode node = nodes.get(which);
                during(
                        host.name() + " overloaded by management calls",
                        () -> {
                            for (int i = 0; i < HOGS && node.isUp(); i++) {
                                node.hog(() -> over[0]);
                            }
                        },
                        () -> over[0] = true);
            }
            default -> during(host.name() + " killed", host::die, () -> restart(which));
        }
    }

    private long length() {
        return world.between(MIN_LENGTH, MAX_LENGTH);
    }

    private void at(String what, Runnable strike) {
        world.count("fault");
        world.trace(() -> "FAULT: " + what);
        strike.run();
    }

    private void during(String what, Runnable strike, Runnable repair) {
        during(what, length(), strike, repair);
    }

    /** Injects a fault and repairs it after that time, or at the end of all faults. */
    private void during(String what, long length, Runnable strike, Runnable repair) {
        at(what, strike);
        var once = new Runnable[1];
        once[0] = () -> {
            if (repairs.remove(once[0])) {
                world.trace(() -> "over: " + what);
                repair.run();
            }
        };
        repairs.add(once[0]);
        world.after(length, world.outside(), once[0]);
    }

    private void restartAll() {
        for (int which = 0; which < nodes.size(); which++) {
            nodes.get(which).host().die();
            restart(which);
        }
    }

    private void restart(int which) {
        if (nodes.get(which).host().isDead()) {
            restarts++;
            var host = new Host("node" + which + "." + restarts);
            nodes.set(which, SimulatedNode.start(host, settings, postgres, redis));
        }
    }
}
