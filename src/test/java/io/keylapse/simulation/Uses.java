package io.keylapse.simulation;

import io.keylapse.simulation.postgres.PostgresSite;
import io.keylapse.simulation.world.Host;
import io.keylapse.simulation.world.World;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** Checks P10: what Postgres says of when keys were used, against when they were. */
final class Uses {
    /** How often nodes write what was used. */
    static final Duration INTERVAL = Duration.ofMillis(300);

    /** The time after which a use must be known, or known to be unknown, while nothing is wrong. */
    private static final Duration KNOWN_WITHIN = Duration.ofSeconds(5);

    /** How much earlier than a use its record may be: for so long a cached answer is noted once. */
    private static final Duration UNCERTAINTY = Promises.STALE_AFTER.plusMillis(500);

    private static final int EVERY = 10;

    private record Use(Host by, Instant at) {}

    private final World world = World.here();
    private final PostgresSite site;
    private final List<SimulatedNode> nodes;
    private final Map<UUID, List<Use>> uses = new HashMap<>();
    private final Map<UUID, Instant> shown = new HashMap<>();
    private final Map<Host, Instant> troubled = new HashMap<>();
    private Instant wrong = World.here().instant();
    private int looks;

    Uses(PostgresSite site, List<SimulatedNode> nodes) {
        this.site = site;
        this.nodes = nodes;
    }

    /** A node accepted a key just now. */
    void used(Host by, UUID key) {
        uses.computeIfAbsent(key, _ -> new ArrayList<>()).add(new Use(by, world.instant()));
    }

    /** Postgres has lost its latest commits, among them uses. */
    void postgresLost() {
        shown.clear();
    }

    /** Compares what Postgres has with what happened. */
    void look() {
        for (SimulatedNode node : nodes) {
            Host host = node.host();
            if (!site.isWellFor(host)) {
                troubled.put(host, world.instant());
                wrong = world.instant();
            } else if (!node.isUp() || host.pausedUntil() > world.now()) {
                wrong = world.instant();
            }
        }
        if (looks++ % EVERY == 0) {
            uses.forEach(this::compare);
        }
    }

    private void compare(UUID key, List<Use> real) {
        Instant recorded = site.server().lastUsed(key);
        if (recorded != null && recorded.isAfter(real.getLast().at)) {
            world.violated("P10: " + key + " was last used at " + real.getLast().at + ", not at " + recorded);
        }
        Instant before = shown.put(key, recorded == null ? Instant.EPOCH : recorded);
        if (before != null && before.isAfter(shown.get(key))) {
            world.violated("P10: the last use of " + key + " moved back from " + before + " to " + recorded);
        }
        Instant until = world.instant().minus(KNOWN_WITHIN);
        Instant knownSince = site.server().usageKnownSince();
        if (wrong.isAfter(until)) {
            return;
        }
        if (knownSince == null) {
            world.violated("P10: nothing is wrong, but no node records uses");
            return;
        }
        List<Use> known = real.stream()
                .filter(use -> !use.at.isBefore(knownSince) && use.at.isBefore(until) && !mayBeLost(use))
                .toList();
        known.forEach(_ -> world.count("known use"));
        known.stream()
                .filter(use -> recorded == null || recorded.isBefore(use.at.minus(UNCERTAINTY)))
                .findFirst()
                .ifPresent(use -> world.violated("P10: uses are known since " + knownSince + ", but of " + key
                        + " that by " + use.by.name() + " at " + use.at + " is not; recorded is " + recorded));
    }

    /** A node that Postgres did not answer may take to the grave what it accepted meanwhile. */
    private boolean mayBeLost(Use use) {
        Instant trouble = troubled.get(use.by);
        return use.by.isDead() && trouble != null && trouble.isAfter(use.at);
    }
}
