package io.keylapse.campaign.checker;

import java.time.Duration;

/**
 * The time limits of the promises.
 *
 * @param staleness P4: how long a node may accept a key after its end was acknowledged
 * @param reconnect how long a node may need to reach a store after the store or the wire has recovered
 * @param rollback how long transactions may stay open after their host has vanished
 * @param clock the maximum effective difference between two readings of this machine's clock
 * @param lagUsually P2: the limit for 99% of the recordings
 * @param lagAlways P2: the limit for all recordings
 * @param rowsPerSecond P2: the minimum rate at which a backlog is recorded
 */
public record Bounds(
        Duration staleness,
        Duration reconnect,
        Duration rollback,
        Duration clock,
        Duration lagUsually,
        Duration lagAlways,
        int rowsPerSecond) {

    /** The default promises. */
    public static final Bounds PROMISED = new Bounds(
            Duration.ofSeconds(2),
            Duration.ofSeconds(2),
            Duration.ofSeconds(5),
            Duration.ofMillis(50),
            Duration.ofSeconds(2),
            Duration.ofSeconds(4),
            5_000);
}
