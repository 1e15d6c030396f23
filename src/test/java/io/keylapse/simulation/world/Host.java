package io.keylapse.simulation.world;

/** A machine with one process, which can be paused or killed. */
public final class Host {
    private final String name;
    private long pausedUntil;
    private boolean dead;

    public Host(String name) {
        this.name = name;
    }

    public String name() {
        return name;
    }

    public boolean isDead() {
        return dead;
    }

    /** Kills the process. */
    public void die() {
        dead = true;
    }

    void revive() {
        dead = false;
    }

    public long pausedUntil() {
        return pausedUntil;
    }

    /** Pauses the process until then. */
    public void pauseUntil(long moment) {
        pausedUntil = Math.max(pausedUntil, moment);
    }
}
