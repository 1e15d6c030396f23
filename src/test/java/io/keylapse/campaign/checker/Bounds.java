package io.keylapse.campaign.checker;

import java.time.Duration;

/**
 * How long the promises allow things to take.
 *
 * @param staleness P4: how long a node may go on accepting a key whose end was acknowledged
 * @param reconnect how long after a store or a wire is well again a node may need to reach it
 * @param rollback how long after a host has vanished its transactions may stay open
 * @param clock by how much two readings of this machine's clock may differ in effect
 * @param lagUsually P2: what 99% of the recordings must keep
 * @param lagAlways P2: what all must keep
 * @param rowsPerSecond P2: how fast a backlog is worked off at the least
 */
public record Bounds(
        Duration staleness,
        Duration reconnect,
        Duration rollback,
        Duration clock,
        Duration lagUsually,
        Duration lagAlways,
        int rowsPerSecond) {

    /** Those that are promised by default. */
    public static final Bounds PROMISED = new Bounds(
            Duration.ofSeconds(2),
            Duration.ofSeconds(2),
            Duration.ofSeconds(5),
            Duration.ofMillis(50),
            Duration.ofSeconds(2),
            Duration.ofSeconds(4),
            5_000);
}
