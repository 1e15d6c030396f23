package io.keylapse.attack.wire;

import java.net.InetSocketAddress;
import java.time.Duration;

/** One kind of hostile or careless client. */
public interface Attacker {
    /** The name in reports and for {@code --only}. */
    String name();

    /** The maximum number of concurrent connections. */
    int connections();

    /** The maximum number of bytes to send in total. */
    long bytes();

    /** Attacks until the target's time or bytes are used up, on the calling thread. */
    void attack(Target target) throws InterruptedException;

    /**
     * Attacks a port for that time, then drops every connection.
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
