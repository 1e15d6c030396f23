package io.keylapse.attack.kind;

import io.keylapse.attack.wire.Attacker;
import java.util.List;

/** One attacker of each kind. */
public final class Attackers {
    private Attackers() {}

    /** At full strength: about 1,700 connections if all attack together. */
    public static List<Attacker> all() {
        return withConnectionsDividedBy(1);
    }

    /** With a tenth of the connections, for a machine with other work. */
    public static List<Attacker> modest() {
        return withConnectionsDividedBy(10);
    }

    private static List<Attacker> withConnectionsDividedBy(int divisor) {
        return List.of(
                new Pipelining(50 / divisor),
                new WritingOn(50 / divisor),
                new Flood(20 / divisor),
                new SlowHeaders(200 / divisor),
                new SlowBodies(200 / divisor),
                new HeldUploads(300 / divisor),
                new ExpectingContinue(200 / divisor),
                new Churn(50 / divisor),
                new Hoarding(600 / divisor),
                new Garbage(50 / divisor),
                new Guessing(20 / divisor));
    }
}
