package io.keylapse.simulation.world;

/** Ends an actor whose host died. */
public final class Crash extends Error {
    private static final long serialVersionUID = 1;

    Crash() {
        super(null, null, false, false);
    }
}
