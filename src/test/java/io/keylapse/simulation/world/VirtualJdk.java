package io.keylapse.simulation.world;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.CacheLoader;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.LoadingCache;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.DelayQueue;
import java.util.concurrent.Delayed;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Stand-ins for the JDK's clocks, threads and random numbers, which the production code calls in the simulation. */
public final class VirtualJdk {
    private static final long SINCE_BOOT = 1_000_000_000_000L;

    /**
     * Marks the stand-in for a method of that class with the same name; it takes the instance first, if the method has
     * one.
     */
    @Retention(RetentionPolicy.RUNTIME)
    @Target(ElementType.METHOD)
    @interface Replaces {
        Class<?> value();
    }

    private VirtualJdk() {}

    @Replaces(System.class)
    public static long nanoTime() {
        return SINCE_BOOT + World.here().now();
    }

    @Replaces(System.class)
    public static long currentTimeMillis() {
        return World.here().instant().toEpochMilli();
    }

    @Replaces(Thread.class)
    public static void sleep(long millis) {
        World.here().sleep(millis * 1_000_000);
    }

    @Replaces(Thread.class)
    public static void sleep(Duration time) {
        World.here().sleep(time.toNanos());
    }

    @Replaces(Thread.Builder.OfVirtual.class)
    public static Thread unstarted(Thread.Builder.OfVirtual ignored, Runnable work) {
        return Thread.ofPlatform().unstarted(work);
    }

    @Replaces(Thread.class)
    public static void start(Thread thread) {
        World world = World.here();
        world.spawn(world.host(), "thread", thread);
    }

    @Replaces(Executors.class)
    public static ExecutorService newThreadPerTaskExecutor(ThreadFactory ignored) {
        return new VirtualExecutor(false);
    }

    @Replaces(Executors.class)
    public static ScheduledExecutorService newSingleThreadScheduledExecutor(ThreadFactory ignored) {
        return new VirtualExecutor(true);
    }

    @Replaces(CompletableFuture.class)
    public static Object join(CompletableFuture<?> future) {
        awaitDone(future, World.NEVER);
        return future.join();
    }

    @Replaces(Future.class)
    public static Object get(Future<?> future) throws InterruptedException, ExecutionException {
        awaitDone(future, World.NEVER);
        return future.get();
    }

    @Replaces(CompletableFuture.class)
    public static Object get(CompletableFuture<?> future) throws InterruptedException, ExecutionException {
        return get((Future<?>) future);
    }

    @Replaces(CompletableFuture.class)
    public static Object get(CompletableFuture<?> future, long time, TimeUnit unit)
            throws InterruptedException, ExecutionException, TimeoutException {
        awaitDone(future, World.here().now() + unit.toNanos(time));
        if (!future.isDone()) {
            throw new TimeoutException();
        }
        return future.get();
    }

    @Replaces(CompletableFuture.class)
    @SuppressWarnings({"rawtypes", "unchecked"})
    public static CompletableFuture completeOnTimeout(
            CompletableFuture future, Object value, long time, TimeUnit unit) {
        World world = World.here();
        world.after(unit.toNanos(time), world.host(), () -> future.complete(value));
        return future;
    }

    @Replaces(CountDownLatch.class)
    public static boolean await(CountDownLatch latch, long time, TimeUnit unit) {
        long until = World.here().now() + unit.toNanos(time);
        World.here().await(() -> latch.getCount() == 0 ? 0 : until);
        return latch.getCount() == 0;
    }

    /** Uses Caffeine's own hooks to set the world's clock and no extra threads. */
    @Replaces(Caffeine.class)
    public static Cache<?, ?> build(Caffeine<?, ?> cache) {
        return cache.ticker(VirtualJdk::nanoTime).executor(Runnable::run).build();
    }

    @Replaces(Caffeine.class)
    public static <K, V> LoadingCache<K, V> build(Caffeine<K, V> cache, CacheLoader<K, V> loader) {
        return cache.ticker(VirtualJdk::nanoTime).executor(Runnable::run).build(loader);
    }

    @Replaces(Semaphore.class)
    public static boolean tryAcquire(Semaphore semaphore, long time, TimeUnit unit) {
        long until = World.here().now() + unit.toNanos(time);
        if (semaphore.availablePermits() == 0) {
            World.here().await(() -> semaphore.availablePermits() > 0 ? 0 : until);
        }
        return semaphore.tryAcquire();
    }

    @Replaces(BlockingQueue.class)
    public static Object poll(BlockingQueue<?> queue, long time, TimeUnit unit) {
        long until = World.here().now() + unit.toNanos(time);
        if (queue.isEmpty()) {
            World.here().await(() -> queue.isEmpty() ? until : 0);
        }
        return queue.poll();
    }

    @Replaces(DelayQueue.class)
    @SuppressWarnings("rawtypes")
    public static Delayed poll(DelayQueue queue, long time, TimeUnit unit) {
        World world = World.here();
        long until = world.now() + unit.toNanos(time);
        while (true) {
            Delayed head = queue.poll();
            if (head != null || world.now() >= until) {
                return head;
            }
            world.await(() -> Math.min(until, readyAt(world, queue.peek())));
        }
    }

    private static long readyAt(World world, Delayed head) {
        return head == null ? World.NEVER : world.now() + Math.max(0, head.getDelay(TimeUnit.NANOSECONDS));
    }

    @Replaces(SecureRandom.class)
    public static int nextInt(SecureRandom ignored, int bound) {
        return World.here().random().nextInt(bound);
    }

    @Replaces(SecureRandom.class)
    public static long nextLong(SecureRandom ignored) {
        return World.here().random().nextLong();
    }

    @Replaces(RandomGenerator.class)
    public static long nextLong(RandomGenerator ignored) {
        return World.here().random().nextLong();
    }

    @Replaces(RandomGenerator.class)
    public static long nextLong(RandomGenerator ignored, long bound) {
        return World.here().random().nextLong(bound);
    }

    @Replaces(UUID.class)
    public static UUID randomUUID() {
        return new UUID(World.here().random().nextLong(), World.here().random().nextLong());
    }

    @Replaces(LoggerFactory.class)
    public static Logger getLogger(Class<?> owner) {
        return new TracingLogger(owner.getSimpleName());
    }

    private static void awaitDone(Future<?> future, long until) {
        if (!future.isDone()) {
            World.here().await(() -> future.isDone() ? 0 : until);
        }
    }
}
