package io.keylapse.active.redis;

import static java.util.Objects.requireNonNull;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Singleton;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;

/**
 * Estimate of the clock of each Redis server: its last known time, advanced by this process's monotonic clock.
 *
 * <p>Write deadlines and prompts use the clock of the server, so that skew between machines does not matter.
 */
@Singleton
public final class RedisClock {
    private record Sample(long serverMillis, long nanoTime) {
        long now() {
            return serverMillis + (System.nanoTime() - nanoTime) / 1_000_000L;
        }
    }

    private final RedisConnection redis;
    private final Clock own;
    private final Map<String, Sample> last = new ConcurrentHashMap<>();

    RedisClock(RedisConnection redis, Clock own, MeterRegistry meters) {
        this.redis = redis;
        this.own = own;
        Gauge.builder("keylapse.clock.skew", this, clock -> clock.skewMillis() / 1000.0)
                .tag("store", "redis")
                .baseUnit("seconds")
                .description("how far the clock of the store is ahead of the clock of this machine")
                .register(meters);
    }

    /** Largest skew of any server, in ms: positive if its clock is ahead of this machine, negative if it is behind. */
    private long skewMillis() {
        return last.values().stream()
                .map(sample -> sample.now() - own.millis())
                .max(Comparator.comparingLong(Math::abs))
                .orElse(0L);
    }

    /** Stores the time that a server has just reported, in ms since the Unix epoch. */
    public void observe(Primary server, long serverMillis) {
        last.put(server.id(), new Sample(serverMillis, System.nanoTime()));
    }

    /**
     * Current time of the server, in ms since the Unix epoch; the server is asked only if its time is unknown. The estimate
     * lags by the network latency of the answer, so a write deadline based on it is early rather than late.
     */
    public CompletionStage<Long> millis(Primary server) {
        Sample sample = last.get(server.id());
        return sample == null ? refresh(server) : CompletableFuture.completedStage(sample.now());
    }

    /**
     * Asks every primary for its time. Returns that of the clock that is furthest behind, in ms: once it has passed a
     * deadline, all clocks have. Primaries that do not answer are ignored; fails if none answers.
     */
    public CompletionStage<Long> refreshAll() {
        List<Primary> servers = redis.primaries();
        List<CompletableFuture<Boolean>> answers = servers.stream()
                .map(server ->
                        refresh(server).handle((_, failure) -> failure == null).toCompletableFuture())
                .toList();
        return CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new))
                .thenApply(_ -> IntStream.range(0, servers.size())
                        .filter(i -> answers.get(i).join())
                        // The time as of now, not as of the answer, which is old if another primary answered late.
                        .mapToLong(i ->
                                requireNonNull(last.get(servers.get(i).id())).now())
                        .min()
                        .orElseThrow(() -> new RedisUnavailableException("no Redis server answers")));
    }

    /** Asks the server for its time, in ms since the Unix epoch. Fails if it does not answer. */
    public CompletionStage<Long> refresh(Primary server) {
        return redis.send(server, commands -> commands.time()).thenApply(answer -> {
            long millis = number(answer.get(0)) * 1000 + number(answer.get(1)) / 1000;
            observe(server, millis);
            return millis;
        });
    }

    private static long number(byte[] ascii) {
        return Long.parseLong(new String(ascii, StandardCharsets.US_ASCII));
    }
}
