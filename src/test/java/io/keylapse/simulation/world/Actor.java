package io.keylapse.simulation.world;

import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;

/** A simulated thread, which runs only when the world schedules it. */
public final class Actor {
    private final World world;
    private final Host host;
    private final String name;
    private final Runnable work;
    private LongSupplier ready = () -> 0;
    private Thread thread;
    private volatile boolean turn;

    Actor(World world, Host host, String name, Runnable work) {
        this.world = world;
        this.host = host;
        this.name = name;
        this.work = work;
    }

    Host host() {
        return host;
    }

    void ready(LongSupplier when) {
        ready = when;
    }

    /** When the actor is ready to run. A dead actor is always ready, so that it can end. */
    long readyAt() {
        return host.isDead() ? 0 : Math.max(host.pausedUntil(), ready.getAsLong());
    }

    void move() {
        turn = true;
        if (thread == null) {
            thread = Thread.ofVirtual().name(name).unstarted(this::live);
            thread.start();
        } else {
            LockSupport.unpark(thread);
        }
    }

    void waitForTurn() {
        while (!turn) {
            LockSupport.park(this);
        }
        turn = false;
    }

    void runInThisThread() {
        thread = Thread.currentThread();
        world.begin(this);
        work.run();
    }

    private void live() {
        turn = false;
        world.begin(this);
        try {
            if (!host.isDead()) {
                work.run();
            }
        } catch (Crash killed) {
            // Expected: the actor's host died.
        } catch (RuntimeException | Error e) {
            world.violated(name + " on " + host.name() + " failed: " + e);
        }
        world.end(this);
    }

    @Override
    public String toString() {
        return name + " on " + host.name();
    }
}
