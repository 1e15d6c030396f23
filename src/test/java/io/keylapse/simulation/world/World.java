package io.keylapse.simulation.world;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * A deterministic simulation: one clock, one source of random numbers, and actors of which exactly one runs at a time.
 * An actor that waits passes control to the next one, so the seed alone determines what happens, and in which order.
 */
public final class World {
    /** A time that never comes. */
    public static final long NEVER = Long.MAX_VALUE;

    private static final Instant BEGINNING = Instant.parse("2026-01-01T00:00:00Z");

    /**
     * A limit in real time, so that a hanging history is reported: far longer than a history takes on a loaded machine.
     */
    private static final Duration PATIENCE = Duration.ofMinutes(3);

    private static final ThreadLocal<World> HERE = new ThreadLocal<>();

    private record Event(long time, long order, Host host, Runnable work) {}

    private final SplittableRandom random;
    private final Chronicle chronicle;
    private final PriorityQueue<Event> events =
            new PriorityQueue<>(Comparator.comparingLong(Event::time).thenComparingLong(Event::order));
    private final List<Actor> actors = new ArrayList<>();
    private final Host outside = new Host("world");
    private Host here = outside;
    private Actor moving;
    private long now;
    private long order;

    private World(long seed, boolean tracing) {
        this.random = new SplittableRandom(seed);
        this.chronicle = new Chronicle(tracing);
    }

    /** Creates a world, runs the history in it, and returns the result. */
    public static Finding live(long seed, boolean tracing, Consumer<World> history) {
        var world = new World(seed, tracing);
        Thread thread = Thread.ofVirtual().name("history").start(() -> world.run(() -> history.accept(world)));
        try {
            if (!thread.join(PATIENCE)) {
                world.violated("the history did not end: " + world.moving + " runs, of " + world.actors);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return world.chronicle.finding(seed);
    }

    /** The world of the calling thread. */
    public static World here() {
        return HERE.get();
    }

    /** Nanoseconds since the world began. */
    public long now() {
        return now;
    }

    /** The current time. Clocks that are not skewed on purpose show it. */
    public Instant instant() {
        return at(now);
    }

    /** Converts a time of the world to an instant. */
    public static Instant at(long moment) {
        return BEGINNING.plusNanos(moment);
    }

    /** Converts an instant to a time of the world. */
    public static long moment(Instant instant) {
        return Duration.between(BEGINNING, instant).toNanos();
    }

    public SplittableRandom random() {
        return random;
    }

    /** True with that probability. */
    public boolean chance(double probability) {
        return random.nextDouble() < probability;
    }

    /** A random duration in that range, in nanoseconds. */
    public long between(Duration least, Duration most) {
        return least.equals(most) ? least.toNanos() : random.nextLong(least.toNanos(), most.toNanos());
    }

    /** The host of the running actor. */
    public Host host() {
        return here;
    }

    /** The host that never fails. */
    public Host outside() {
        return outside;
    }

    public Actor moving() {
        return moving;
    }

    /**
     * Runs work on a host after that time, unless the host is dead by then; later if it is paused. The work must not
     * wait.
     */
    public void after(long nanos, Host host, Runnable work) {
        events.add(new Event(now + Math.max(0, nanos), order++, host, work));
    }

    /** Adds an actor. */
    public void spawn(Host host, String name, Runnable work) {
        actors.add(new Actor(this, host, name, work));
    }

    /** Lets other actors run until that time. */
    public void sleep(long nanos) {
        long until = now + Math.max(0, nanos);
        await(() -> until);
    }

    /** Lets other actors run until the returned time, which may change meanwhile. */
    public void await(LongSupplier ready) {
        Actor me = moving;
        if (me == null) {
            throw new IllegalStateException("work that must not wait is waiting");
        }
        me.ready(ready);
        pass(me);
        if (me.host().isDead()) {
            throw new Crash();
        }
    }

    /** Adds a line to the trace, if one is requested. */
    public void trace(Supplier<String> what) {
        chronicle.trace(now, here, what);
    }

    /** Records the violation of a promise. */
    public void violated(String what) {
        chronicle.violated(now, here, what);
    }

    /** Counts an operation, so that a history without operations does not count as passed. */
    public void count(String what) {
        chronicle.count(what);
    }

    /** Runs the first actor; the world ends with it. */
    private void run(Runnable first) {
        spawn(outside, "history", () -> {
            try {
                first.run();
            } catch (RuntimeException | Error e) {
                violated("the history failed: " + e + " " + List.of(e.getStackTrace()));
            } finally {
                Actor me = moving;
                actors.forEach(each -> each.host().die());
                events.clear();
                outside.revive();
                me.ready(() -> actors.size() == 1 ? now : NEVER);
                pass(me);
            }
        });
        actors.getFirst().runInThisThread();
    }

    void begin(Actor actor) {
        HERE.set(this);
        moving = actor;
        here = actor.host();
    }

    void end(Actor actor) {
        actors.remove(actor);
        if (!actors.isEmpty()) {
            pass(null);
        }
    }

    /** Passes control on, and returns when it comes back. */
    private void pass(Actor me) {
        while (true) {
            Actor next = nextActor();
            if (next != null) {
                moving = next;
                here = next.host();
                if (next != me) {
                    next.move();
                    if (me != null) {
                        me.waitForTurn();
                    }
                }
                return;
            }
        }
    }

    /** The next actor; null if an event happened instead that needs no actor. */
    private Actor nextActor() {
        Actor first = null;
        long soonest = NEVER;
        int equals = 0;
        for (Actor each : actors) {
            long ready = Math.max(now, each.readyAt());
            if (ready < soonest) {
                soonest = ready;
                first = each;
                equals = 1;
            } else if (ready == soonest && ready != NEVER && random.nextInt(++equals) == 0) {
                first = each;
            }
        }
        Event event = events.peek();
        long next = event == null ? NEVER : Math.max(now, event.time);
        if (event != null && (next < soonest || (next == soonest && random.nextInt(equals + 1) == 0))) {
            happen(events.remove());
            return null;
        }
        if (first == null) {
            throw new IllegalStateException("no actor can run: " + actors);
        }
        now = soonest;
        return first;
    }

    private void happen(Event event) {
        now = Math.max(now, event.time);
        if (event.host.isDead()) {
            return;
        }
        if (event.host.pausedUntil() > now) {
            events.add(new Event(event.host.pausedUntil(), event.order, event.host, event.work));
            return;
        }
        moving = null;
        here = event.host;
        try {
            event.work.run();
        } catch (RuntimeException e) {
            violated("work that must not fail did: " + e);
        }
    }
}
