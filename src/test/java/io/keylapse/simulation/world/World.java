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
 * A world of its own: one clock, one source of chance, and actors of whom exactly one moves at a time. Whoever waits hands
 * the baton to whoever is next, so that the seed alone decides what happens, and in which order.
 */
public final class World {
    /** Ready at no time. */
    public static final long NEVER = Long.MAX_VALUE;

    private static final Instant BEGINNING = Instant.parse("2026-01-01T00:00:00Z");

    /** In real time, and only so that a history which hangs is told: far more than one takes on a machine under load. */
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

    /** Lets a world live for as long as this history goes on. */
    public static Finding live(long seed, boolean tracing, Consumer<World> history) {
        var world = new World(seed, tracing);
        Thread thread = Thread.ofVirtual().name("history").start(() -> world.run(() -> history.accept(world)));
        try {
            if (!thread.join(PATIENCE)) {
                world.violated("it did not end: " + world.moving + " moves, of " + world.actors);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return world.chronicle.finding(seed);
    }

    /** The world that the calling thread lives in. */
    public static World here() {
        return HERE.get();
    }

    /** Nanoseconds since the world began. */
    public long now() {
        return now;
    }

    /** The time that every clock tells that is not skewed on purpose. */
    public Instant instant() {
        return at(now);
    }

    /** That moment of the world as an instant. */
    public static Instant at(long moment) {
        return BEGINNING.plusNanos(moment);
    }

    /** That instant as a moment of the world. */
    public static long moment(Instant instant) {
        return Duration.between(BEGINNING, instant).toNanos();
    }

    public SplittableRandom random() {
        return random;
    }

    /** True once in so many cases. */
    public boolean chance(double probability) {
        return random.nextDouble() < probability;
    }

    /** A length between two, in nanoseconds. */
    public long between(Duration least, Duration most) {
        return least.equals(most) ? least.toNanos() : random.nextLong(least.toNanos(), most.toNanos());
    }

    /** The machine on which what is running runs. */
    public Host host() {
        return here;
    }

    /** The machine that never fails. */
    public Host outside() {
        return outside;
    }

    public Actor moving() {
        return moving;
    }

    /** Lets something happen on a host, unless it is dead by then, and later if it is paused; it must not wait. */
    public void after(long nanos, Host host, Runnable work) {
        events.add(new Event(now + Math.max(0, nanos), order++, host, work));
    }

    /** Adds an actor, who begins when it is his turn. */
    public void spawn(Host host, String name, Runnable work) {
        actors.add(new Actor(this, host, name, work));
    }

    /** Lets the others move until that time. */
    public void sleep(long nanos) {
        long until = now + Math.max(0, nanos);
        await(() -> until);
    }

    /** Lets the others move until the moment that is returned, which may change while they do. */
    public void await(LongSupplier ready) {
        Actor me = moving;
        if (me == null) {
            throw new IllegalStateException("whoever must be quick waits");
        }
        me.ready(ready);
        pass(me);
        if (me.host().isDead()) {
            throw new Crash();
        }
    }

    /** Notes what happens, if anybody wants to read it. */
    public void trace(Supplier<String> what) {
        chronicle.trace(now, here, what);
    }

    /** Notes that a promise was broken. */
    public void violated(String what) {
        chronicle.violated(now, here, what);
    }

    /** Counts what was done, so that a history which did nothing does not pass for a good one. */
    public void count(String what) {
        chronicle.count(what);
    }

    /** Lets the first actor live, and the world end with him. */
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

    /** Hands the baton on, and comes back when it does. */
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

    /** Whose turn it is; null when something happened instead that needs no actor. */
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
            throw new IllegalStateException("nobody can move: " + actors);
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
            violated("what must not fail did: " + e);
        }
    }
}
