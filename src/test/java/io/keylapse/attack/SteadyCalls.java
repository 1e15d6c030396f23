package io.keylapse.attack;

import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;

/**
 * A client with its own connections that calls at a steady rate, even if earlier calls have not ended. A call does not
 * wait for others, so every call that falls into a stall shows it.
 */
final class SteadyCalls implements AutoCloseable {
    /** How long a gateway waits for a response. */
    static final Duration PATIENCE = Duration.ofSeconds(2);

    private final String name;
    private final boolean promised;
    private final IntFunction<HttpRequest.Builder> request;
    private final long periodNanos;
    private final Collection<Call> calls = new ConcurrentLinkedQueue<>();
    private final AtomicInteger underWay = new AtomicInteger();
    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(PATIENCE)
            .build();
    // A platform thread, which gets its share of processor time however busy the attackers are.
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("steady-calls").factory());
    private long due;
    private int next;

    /**
     * A client that does not call yet.
     *
     * @param promised whether each call must be answered with 200
     * @param request creates the request with that number
     */
    SteadyCalls(String name, boolean promised, int perSecond, IntFunction<HttpRequest.Builder> request) {
        this.name = name;
        this.promised = promised;
        this.request = request;
        this.periodNanos = TimeUnit.SECONDS.toNanos(1) / perSecond;
    }

    /**
     * One call.
     *
     * @param due when it was due, by {@link System#nanoTime()}
     * @param late the delay before it was sent, because the caller had no processor time; ns
     * @param took from when it was due to its response; ns
     * @param status of the response; 0 if there was none within {@link #PATIENCE} of sending
     */
    record Call(long due, long late, long took, int status) {}

    String name() {
        return name;
    }

    boolean promised() {
        return promised;
    }

    void start() {
        due = System.nanoTime();
        var _ = clock.scheduleAtFixedRate(this::call, 0, periodNanos, TimeUnit.NANOSECONDS);
    }

    private void call() {
        long wasDue = due;
        due += periodNanos;
        long late = Math.max(0, System.nanoTime() - wasDue);
        underWay.incrementAndGet();
        var _ = http.sendAsync(request.apply(next++).timeout(PATIENCE).build(), BodyHandlers.discarding())
                .handle((response, failure) -> {
                    int status = failure == null ? response.statusCode() : 0;
                    calls.add(new Call(wasDue, late, System.nanoTime() - wasDue, status));
                    underWay.decrementAndGet();
                    return null;
                });
    }

    /** The calls that were due in that period and have ended. */
    List<Call> between(long from, long to) {
        return calls.stream()
                .filter(call -> call.due - from >= 0 && call.due - to < 0)
                .toList();
    }

    /** Stops calling, and waits for calls in progress. */
    void end() throws InterruptedException {
        clock.shutdown();
        var _ = clock.awaitTermination(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        long until = System.nanoTime() + PATIENCE.multipliedBy(2).toNanos();
        while (underWay.get() > 0 && System.nanoTime() < until) {
            Thread.sleep(10);
        }
    }

    @Override
    public void close() {
        clock.shutdownNow();
        http.shutdownNow();
    }
}
