package io.keylapse.attack.wire;

import java.net.InetSocketAddress;
import java.time.Duration;

/** One way in which a client is hostile or careless. */
public interface Attacker {
    /** What reports and {@code --only} call it. */
    String name();

    /** How many connections it may hold at once. */
    int connections();

    /** How many bytes it may send in all. */
    long bytes();

    /** Attacks for as long as the target goes on. All of it happens on the calling thread. */
    void attack(Target target) throws InterruptedException;

    /**
     * Attacks a port for that long, then drops every connection.
     *
     * @throws IllegalArgumentException if the address is not loopback
     */
    default Tally attack(InetSocketAddress address, Duration time) throws InterruptedException {
        try (var target = new Target(address, connections(), bytes(), time)) {
            attack(target);
            return target.tally();
        }
    }
}
