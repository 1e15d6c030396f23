package io.keylapse.campaign;

import static java.time.temporal.ChronoUnit.HOURS;
import static java.time.temporal.ChronoUnit.MILLIS;

import io.keylapse.campaign.KeyRing.Held;
import io.keylapse.campaign.log.Change;
import io.keylapse.campaign.log.Check;
import io.keylapse.campaign.stage.Stage;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/** Several clients per node, which check and change keys at a moderate rate until the end. */
final class Traffic implements AutoCloseable {
    private static final int CHECKERS = 4;
    private static final int CHANGERS = 2;
    private static final Duration BETWEEN_CHECKS = Duration.ofMillis(30);
    private static final Duration BETWEEN_CHANGES = Duration.ofMillis(180);
    /**
     * Few, so that connections to Postgres are left for others. The load is in the expiry of the keys, not in their
     * issue.
     */
    private static final int BURST_CLIENTS = 4;

    private static final int OVERTAKEN = 10;
    private static final Duration MIN_LIFE = Duration.ofMillis(1_200);
    private static final Duration END_BOUND = Duration.ofSeconds(15);

    private final KeyRing ring = new KeyRing();
    private final List<Caller> callers = new ArrayList<>();
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private volatile boolean ended;

    /** Starts immediately; the seed determines the clients' choices. */
    Traffic(Stage stage, long seed) {
        for (int node = 0; node < Stage.NODES; node++) {
            var caller = new Caller(node, stage.service(node).port(), ring);
            callers.add(caller);
            for (int i = 0; i < CHECKERS; i++) {
                repeat(new Random(seed * 31 + node * 100L + i), BETWEEN_CHECKS, random -> check(caller, random));
            }
            for (int i = 0; i < CHANGERS; i++) {
                repeat(new Random(seed * 37 + node * 100L + i), BETWEEN_CHANGES, random -> change(caller, random));
            }
        }
    }

    private void repeat(Random random, Duration pace, Consumer<Random> call) {
        var _ = threads.submit(() -> {
            while (!ended) {
                call.accept(random);
                LockSupport.parkNanos(pace.toNanos() / 2 + random.nextLong(pace.toNanos()));
            }
        });
    }

    private void check(Caller caller, Random random) {
        Held held = ring.toCheck(random);
        if (held != null) {
            caller.check(held);
        }
    }

    private void change(Caller caller, Random random) {
        Held held = ring.toChange(random);
        int choice = held == null ? 0 : random.nextInt(100);
        if (choice < 45) {
            caller.issue(deadline(random));
        } else if (choice < 70) {
            caller.renew(held, deadline(random));
        } else if (choice < 80) {
            Duration grace = random.nextBoolean() ? Duration.ZERO : Duration.ofMillis(1 + random.nextLong(6_000));
            caller.rotate(held, grace, Duration.ofSeconds(5 + random.nextLong(60)));
        } else {
            caller.revoke(held);
        }
    }

    /** A random deadline: many soon, some within the campaign, some after it. */
    private static Instant deadline(Random random) {
        long millis = switch (random.nextInt(5)) {
            case 0, 1 -> 1_200 + random.nextLong(6_000);
            case 2, 3 -> 6_000 + random.nextLong(35_000);
            default -> 3_600_000 + random.nextLong(3_600_000);
        };
        return Instant.now().plusMillis(millis).truncatedTo(MILLIS);
    }

    /** Issues keys with the same deadline on all nodes, until there are enough or the deadline is too near. */
    void burst(int keys, Instant deadline) {
        Instant lastIssue = deadline.minus(MIN_LIFE);
        for (Caller caller : callers) {
            for (int i = 0; i < BURST_CLIENTS; i++) {
                var _ = threads.submit(() -> {
                    int left = keys / callers.size() / BURST_CLIENTS;
                    while (left-- > 0 && Instant.now().isBefore(lastIssue)) {
                        caller.issue(deadline);
                    }
                });
            }
        }
    }

    /** How the second change of a key contradicts the first. */
    enum Overtaking {
        SHORTEN,
        REVOKE
    }

    /** Renews some keys on one node and then ends them on another, and waits until both have responded. */
    void overtake(int first, int second, Overtaking how) throws InterruptedException {
        var done = new CountDownLatch(OVERTAKEN);
        for (int i = 0; i < OVERTAKEN; i++) {
            var _ = threads.submit(() -> {
                try {
                    Caller caller = callers.get(second);
                    Held held = caller.issue(inAnHour());
                    if (held != null) {
                        callers.get(first).renew(held, inAnHour());
                        switch (how) {
                            case SHORTEN ->
                                caller.renew(held, Instant.now().plus(MIN_LIFE).truncatedTo(MILLIS));
                            case REVOKE -> caller.revoke(held);
                        }
                    }
                } finally {
                    done.countDown();
                }
            });
        }
        var _ = done.await(END_BOUND.toSeconds(), TimeUnit.SECONDS);
    }

    /** Issues a key on that node, to be changed by the caller; null if that failed. */
    Held issue(int node, Duration ttl) {
        return callers.get(node).issue(Instant.now().plus(ttl).truncatedTo(MILLIS));
    }

    /** Sends a request to issue a key to that node, without waiting for the response. */
    void ask(int node, Duration ttl) {
        var _ = threads.submit(() -> issue(node, ttl));
    }

    /** Sends a request to revoke a key to that node, without waiting for the response. */
    void revoke(int node, Held held) {
        var _ = threads.submit(() -> callers.get(node).revoke(held));
    }

    private static Instant inAnHour() {
        return Instant.now().plus(1, HOURS).truncatedTo(MILLIS);
    }

    /** The log of all calls that change a key. */
    List<Change> changes() {
        return callers.stream().map(Caller::changes).flatMap(Collection::stream).toList();
    }

    /** The log of all checks. */
    List<Check> checks() {
        return callers.stream().map(Caller::checks).flatMap(Collection::stream).toList();
    }

    /** Stops the clients, and waits for their calls in progress. */
    void end() throws InterruptedException {
        ended = true;
        threads.shutdown();
        if (!threads.awaitTermination(END_BOUND.toSeconds(), TimeUnit.SECONDS)) {
            throw new IllegalStateException("calls are still under way");
        }
    }

    @Override
    public void close() {
        ended = true;
        threads.shutdownNow();
        callers.forEach(Caller::close);
    }
}
