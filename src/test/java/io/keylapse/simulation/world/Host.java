package io.keylapse.simulation.world;

/** A machine with one process on it, which may be stopped for a while or killed. */
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

    /** Nothing on it moves any more. */
    public void die() {
        dead = true;
    }

    void revive() {
        dead = false;
    }

    public long pausedUntil() {
        return pausedUntil;
    }

    /** Nothing on it moves until then. */
    public void pauseUntil(long moment) {
        pausedUntil = Math.max(pausedUntil, moment);
    }
}
