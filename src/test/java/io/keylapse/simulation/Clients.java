package io.keylapse.simulation;

import io.keylapse.key.ApiKey;
import io.keylapse.key.KeyId;
import io.keylapse.key.ManagementKeyId;
import io.keylapse.key.input.InvalidInputException;
import io.keylapse.lifecycle.ChangeOutcome;
import io.keylapse.lifecycle.IdempotentRequest;
import io.keylapse.lifecycle.rules.Deadline;
import io.keylapse.lifecycle.rules.NewKey;
import io.keylapse.registry.KeyDetails;
import io.keylapse.registry.KeyRecord;
import io.keylapse.registry.audit.Actor;
import io.keylapse.registry.sql.lane.NoTurnException;
import io.keylapse.simulation.world.Host;
import io.keylapse.simulation.world.World;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Supplier;

/** Clients that issue, change and check keys, each time on a random node. */
final class Clients {

    private static final Duration SHORT_LIFETIME = Duration.ofMillis(1200);
    private static final Actor ADMIN = Actor.of(ManagementKeyId.ENVIRONMENT, "environment", null, null);

    /** Longer than an invalidation takes through Redis, and shorter than through the change feed. */
    private static final Duration NOTIFIED_WITHIN = Duration.ofMillis(20);

    private static final Duration RUSH = Duration.ofMillis(500);

    private record Known(KeyId id, ApiKey secret) {}

    private final World world = World.here();
    private final List<SimulatedNode> nodes;
    private final Promises promises;
    private final List<Known> keys = new ArrayList<>();
    private final Duration pause = Duration.ofMillis(20 + world.random().nextInt(200));

    private final double issuing = 0.01 + world.random().nextDouble(0.1);

    /** The number of the latest keys that the clients use. */
    private final int inUse = 1 + world.random().nextInt(8);

    private boolean ending;
    private int atWork;

    Clients(List<SimulatedNode> nodes, Promises promises) {
        this.nodes = nodes;
        this.promises = promises;
    }

    void begin(int count) {
        atWork = count;
        for (int i = 0; i < count; i++) {
            world.spawn(new Host("client" + i), "client", this::work);
        }
    }

    /** Checks keys, including old ones, in quick succession for 0.5 s, as gateways do whatever happens to a store. */
    void rush() {
        long until = world.now() + RUSH.toNanos();
        world.spawn(new Host("gateway"), "gateway", () -> {
            while (!ending && world.now() < until && !keys.isEmpty()) {
                SimulatedNode node = nodes.get(world.random().nextInt(nodes.size()));
                Known key = keys.get(world.random().nextInt(keys.size()));
                if (node.isUp()) {
                    world.spawn(new Host("gateway"), "check", () -> check(node, key));
                }
                world.sleep(world.between(Duration.ZERO, RUSH.dividedBy(80)));
            }
        });
    }

    /** Waits until every client has finished its current call. */
    void end() {
        ending = true;
        world.await(() -> atWork == 0 ? 0 : World.NEVER);
    }

    private void work() {
        while (!ending) {
            world.sleep(world.between(Duration.ZERO, pause));
            SimulatedNode node = nodes.get(world.random().nextInt(nodes.size()));
            if (!node.isUp()) {
                continue;
            }
            if (keys.isEmpty() || world.chance(issuing)) {
                call(node, "issue", () -> issue(node));
            } else {
                Known key = keys.get(world.random().nextInt(Math.max(0, keys.size() - inUse), keys.size()));
                switch (world.random().nextInt(20)) {
                    case 0, 1, 2 -> call(node, "renew", () -> renew(node, key));
                    case 3 -> call(node, "revoke", () -> revoke(node, key));
                    case 4 -> call(node, "rotate", () -> rotate(node, key));
                    case 5 -> call(node, "change", () -> change(node, key));
                    default -> check(node, key);
                }
            }
        }
        atWork--;
    }

    /** Makes a call in a thread of the node, which dies with the node. */
    private void call(SimulatedNode node, String what, Supplier<ChangeOutcome> work) {
        world.count(what);
        var done = new boolean[1];
        world.spawn(node.host(), what, () -> {
            try {
                ChangeOutcome outcome = work.get();
                world.trace(() -> what + " -> " + outcome);
                acknowledge(outcome);
            } catch (InvalidInputException e) {
                world.trace(() -> what + " -> " + e);
            } catch (RuntimeException e) {
                world.trace(() -> what + " failed: " + e);
                if (!(e instanceof NoTurnException || e.getCause() instanceof SQLException)) {
                    world.violated(what + " failed: " + e + List.of(e.getStackTrace()));
                }
            } finally {
                done[0] = true;
            }
        });
        world.await(() -> done[0] || node.host().isDead() ? 0 : World.NEVER);
    }

    private void acknowledge(ChangeOutcome outcome) {
        switch (outcome) {
            case ChangeOutcome.Issued issued -> {
                acknowledge(issued.key());
                keys.add(new Known(issued.key().id(), issued.secret()));
            }
            case ChangeOutcome.Done done -> acknowledge(done.key());
            default -> world.count("refused");
        }
    }

    private void acknowledge(KeyRecord key) {
        promises.acknowledged(key.id().value(), key.term().version(), key.term().expiresAt());
    }

    private ChangeOutcome issue(SimulatedNode node) {
        return node.issue().issue(new NewKey("acme", details(), deadline()), request());
    }

    private ChangeOutcome renew(SimulatedNode node, Known key) {
        return node.renew().renew(key.id, deadline(), ADMIN);
    }

    private ChangeOutcome revoke(SimulatedNode node, Known key) {
        return node.revoke().revoke(key.id, null, ADMIN);
    }

    private ChangeOutcome rotate(SimulatedNode node, Known key) {
        Duration grace = world.chance(0.3)
                ? Duration.ZERO
                : Duration.ofMillis(world.random().nextInt(4000));
        return node.rotate().rotate(key.id, grace, null, request());
    }

    private ChangeOutcome change(SimulatedNode node, Known key) {
        return node.change().change(key.id, _ -> details(), ADMIN);
    }

    private KeyDetails details() {
        return new KeyDetails("n" + world.random().nextInt(100), List.of("read"), "{}", null, null);
    }

    private static IdempotentRequest request() {
        return new IdempotentRequest(ADMIN, null, new byte[0]);
    }

    private Deadline deadline() {
        return world.chance(0.1)
                ? new Deadline.None()
                : new Deadline.After(Duration.ofMillis(
                        world.chance(0.7)
                                ? 1001 + world.random().nextInt(4000)
                                : 20_000 + world.random().nextInt(60_000)));
    }

    private void check(SimulatedNode node, Known key) {
        world.count("check");
        long asked = world.now();
        var done = new boolean[1];
        world.after(
                0,
                node.host(),
                () -> node.check().check(key.secret.reveal(), List.of()).whenComplete((verdict, _) -> {
                    done[0] = true;
                    world.trace(
                            () -> "check of " + key.secret.digest().toString().substring(0, 6) + " -> " + verdict);
                    world.count(verdict.code());
                    promises.checked(node, key.id.value(), asked, verdict);
                }));
        world.await(() -> done[0] || node.host().isDead() ? 0 : World.NEVER);
    }

    /** Issues a key with a short lifetime, and waits until it has expired. */
    UUID issueBriefly() {
        SimulatedNode node = nodes.getFirst();
        call(
                node,
                "issue",
                () -> node.issue().issue(new NewKey("acme", details(), new Deadline.After(SHORT_LIFETIME)), request()));
        world.sleep(SHORT_LIFETIME.plus(Audit.MOSTLY_RECORDED_WITHIN).toNanos());
        return keys.getLast().id.value();
    }

    /** Revokes a key right after every node has accepted it; all nodes must notice immediately. */
    void revokeEverywhere(List<SimulatedNode> all) {
        SimulatedNode first = nodes.getFirst();
        call(first, "issue", () -> first.issue().issue(new NewKey("acme", details(), new Deadline.None()), request()));
        Known key = keys.getLast();
        all.forEach(node -> check(node, key));
        call(first, "revoke", () -> revoke(first, key));
        world.sleep(NOTIFIED_WITHIN.toNanos());
        promises.endedEverywhere(key.id.value());
        all.forEach(node -> check(node, key));
    }

    /** Checks every key on every node, when there are no faults any more. */
    void checkAll(List<SimulatedNode> all) {
        for (Known key : keys) {
            all.forEach(node -> check(node, key));
        }
    }
}
