package io.keylapse.campaign.log;

import io.keylapse.attack.wire.Tally;
import java.time.Instant;

/**
 * Hostile or careless clients that called a node for a while. No excuse for it: the promises hold all the same.
 *
 * @param kind the name of the attacker
 */
public record Attack(String kind, int node, Instant from, Instant to, Tally tally) {
    /** Who attacked what, for people. */
    public String title() {
        return kind + " (service " + node + ")";
    }
}
