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
 * The clock of each Redis server as last seen, carried on by this process's own.
 *
 * <p>Deadlines of writes and of prompts are the server's business, so skew between the machines must not matter.
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
                .description("how far the store's clock is ahead of this machine's")
                .register(meters);
    }

    /** How far the server whose clock is most wrong is ahead of this machine's, in ms; negative when it is behind. */
    private long skewMillis() {
        return last.values().stream()
                .map(sample -> sample.now() - own.millis())
                .max(Comparator.comparingLong(Math::abs))
                .orElse(0L);
    }

    /** This server said this just now. */
    public void observe(Primary server, long serverMillis) {
        last.put(server.id(), new Sample(serverMillis, System.nanoTime()));
    }

    /**
     * The server's time in ms, which is asked for if it was never heard. It lags by the time that an answer travels, so
     * a write deadline reckoned with it is too strict rather than too lax.
     */
    public CompletionStage<Long> millis(Primary server) {
        Sample sample = last.get(server.id());
        return sample == null ? refresh(server) : CompletableFuture.completedStage(sample.now());
    }

    /**
     * Asks every primary for its time, and says that of the one whose clock is furthest behind: when it has passed a
     * deadline, all have. Those that do not answer are left out; fails when none does.
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
                        // Not as answered but as of now, or one that is slow to answer would put all of them back.
                        .mapToLong(i ->
                                requireNonNull(last.get(servers.get(i).id())).now())
                        .min()
                        .orElseThrow(() -> new RedisUnavailableException("no Redis server answers")));
    }

    /** Asks the server for its time, which also shows that it answers. */
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
