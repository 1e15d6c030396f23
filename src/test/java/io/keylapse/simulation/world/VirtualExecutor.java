package io.keylapse.simulation.world;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.Callable;
import java.util.concurrent.Delayed;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/** An executor whose tasks run as actors on the host that created it, sequentially or each on its own. */
final class VirtualExecutor extends AbstractExecutorService implements ScheduledExecutorService {
    private final World world = World.here();
    private final Host host = world.host();
    private final boolean single;
    private final Deque<Runnable> waiting = new ArrayDeque<>();
    private int running;
    private boolean shutdown;

    VirtualExecutor(boolean single) {
        this.single = single;
    }

    private static final class Scheduled<T> extends FutureTask<T> implements ScheduledFuture<T> {
        Scheduled(Callable<T> work) {
            super(work);
        }

        @Override
        public long getDelay(TimeUnit unit) {
            return 0;
        }

        @Override
        public int compareTo(Delayed other) {
            return 0;
        }
    }

    @Override
    public void execute(Runnable work) {
        if (single && running > 0) {
            waiting.add(work);
            return;
        }
        running++;
        world.spawn(host, "task", () -> {
            try {
                work.run();
            } finally {
                running--;
                if (!waiting.isEmpty()) {
                    execute(waiting.remove());
                }
            }
        });
    }

    @Override
    public ScheduledFuture<?> schedule(Runnable work, long delay, TimeUnit unit) {
        return schedule(
                () -> {
                    work.run();
                    return null;
                },
                delay,
                unit);
    }

    @Override
    public <V> ScheduledFuture<V> schedule(Callable<V> work, long delay, TimeUnit unit) {
        var task = new Scheduled<V>(work);
        world.after(unit.toNanos(delay), host, () -> {
            if (!shutdown) {
                execute(task);
            }
        });
        return task;
    }

    @Override
    public ScheduledFuture<?> scheduleWithFixedDelay(Runnable work, long first, long pause, TimeUnit unit) {
        return schedule(
                () -> {
                    work.run();
                    var _ = scheduleWithFixedDelay(work, pause, pause, unit);
                },
                first,
                unit);
    }

    @Override
    public ScheduledFuture<?> scheduleAtFixedRate(Runnable work, long first, long period, TimeUnit unit) {
        return scheduleWithFixedDelay(work, first, period, unit);
    }

    @Override
    public void shutdown() {
        shutdown = true;
    }

    @Override
    public List<Runnable> shutdownNow() {
        shutdown = true;
        return List.of();
    }

    @Override
    public boolean isShutdown() {
        return shutdown;
    }

    @Override
    public boolean isTerminated() {
        return shutdown && running == 0;
    }

    @Override
    public boolean awaitTermination(long time, TimeUnit unit) {
        long until = world.now() + unit.toNanos(time);
        if (running > 0) {
            world.await(() -> running == 0 ? 0 : until);
        }
        return running == 0;
    }
}
