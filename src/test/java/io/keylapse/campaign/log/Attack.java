package io.keylapse.campaign.log;

import io.keylapse.attack.wire.Tally;
import java.time.Instant;

/**
 * An attack on a node by hostile or careless clients. It excuses nothing: all promises hold meanwhile.
 *
 * @param kind the name of the attacker
 */
public record Attack(String kind, int node, Instant from, Instant to, Tally tally) {
    /** The attack and its target, for people. */
    public String title() {
        return kind + " (service " + node + ")";
    }
}
