package io.keylapse.audit;

import io.keylapse.background.LoopRegistry;
import io.keylapse.registry.audit.Actor;
import io.keylapse.registry.audit.AuditAction;
import io.keylapse.registry.audit.AuditTrail;
import io.keylapse.registry.sql.Postgres;
import io.keylapse.registry.sql.PostgresLoop;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.context.annotation.Context;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Records refused calls once a second, from a bounded queue, so that callers can neither wait for it nor fill Postgres.
 *
 * <p>Each refusal of a known credential gets an entry, up to {@value #MAX_OF_CREDENTIAL} a minute. Further ones count in one
 * entry for each minute, action and code, and so do all calls without a valid credential, for each minute and address.
 */
@Context
public final class Refusals {
    private static final Logger LOG = LoggerFactory.getLogger(Refusals.class);
    private static final Duration PAUSE = Duration.ofSeconds(1);
    private static final Duration BOUND = Duration.ofMinutes(1);
    private static final long MINUTE_NANOS = Duration.ofMinutes(1).toNanos();

    static final int MAX_OF_CREDENTIAL = 20;

    /** Entries in the queue, and those of the current minute whose count may still rise. */
    static final int MAX_WAITING = 1_000;

    /** Half of the queue, so that strangers cannot displace the refusals of known credentials. */
    static final int MAX_STRANGERS = 500;

    private static final int BATCH = 200;

    private final AuditTrail trail;
    private final Postgres postgres;
    private final PostgresLoop loop;
    private final Counter dropped;
    private final Map<Object, Refusal> waiting = new HashMap<>();
    /** By the id of the actor. */
    private final Map<String, Pace> paces = new HashMap<>();

    private int strangers;

    Refusals(LoopRegistry loops, AuditTrail trail, Postgres postgres, MeterRegistry meters) {
        this.trail = trail;
        this.postgres = postgres;
        this.loop = new PostgresLoop(loops, "audit-refusals", PAUSE, BOUND, this::runOnce);
        this.dropped = Counter.builder("keylapse.audit.refusals.dropped")
                .description("Refused calls that are missing from the audit trail because its queue was full")
                .register(meters);
        meters.gauge("keylapse.audit.refusals.waiting", this, Refusals::size);
    }

    /** How many entries a credential got since that time. */
    private static final class Pace {
        private final long since;
        private int entries;

        Pace(long since) {
            this.since = since;
        }
    }

    /** The calls without a valid credential from one network. */
    private record Stranger(Object network) {}

    /** The refusals of one credential beyond its limit. */
    private record Further(String actor, AuditAction action, String code) {}

    /** Adds a refused call of a known credential. */
    public synchronized void add(Actor by, AuditAction action, @Nullable String target, String code) {
        long now = System.nanoTime();
        Pace pace = paces.get(by.id());
        if (pace == null || now - pace.since >= MINUTE_NANOS) {
            if (pace == null && paces.size() >= MAX_WAITING) {
                dropped.increment();
                return;
            }
            pace = new Pace(now);
            paces.put(by.id(), pace);
        }
        boolean single = pace.entries < MAX_OF_CREDENTIAL;
        Object key = single ? new Object() : new Further(by.id(), action, code);
        Refusal present = waiting.get(key);
        if (present != null) {
            present.count(code);
        } else if (waiting.size() < MAX_WAITING) {
            pace.entries += single ? 1 : 0;
            waiting.put(key, new Refusal(by, by.address(), by.requestId(), action, single ? target : null, code, now));
        } else {
            dropped.increment();
        }
    }

    /**
     * Adds a call without a valid credential.
     *
     * @param network what counts as one client
     * @param address the address of this call; the entry has that of the first
     */
    public synchronized void addStranger(Object network, String address, @Nullable String requestId, String code) {
        var key = new Stranger(network);
        Refusal present = waiting.get(key);
        if (present != null) {
            present.count(code);
        } else if (waiting.size() < MAX_WAITING && strangers < MAX_STRANGERS) {
            strangers++;
            waiting.put(
                    key,
                    new Refusal(null, address, requestId, AuditAction.AUTHENTICATE, null, code, System.nanoTime()));
        } else {
            dropped.increment();
        }
    }

    @PostConstruct
    void start() {
        loop.start();
    }

    /** Records what is in the queue. */
    void runOnce() {
        List<Refusal.Snapshot> due = due();
        while (!due.isEmpty()) {
            List<Refusal.Snapshot> batch = due;
            long readAt = System.nanoTime();
            postgres.inTransaction(() -> {
                Instant now = postgres.now();
                batch.forEach(each -> trail.addRefused(each.entry(now, readAt)));
                return batch;
            });
            forget(batch);
            due = due();
        }
        forgetPast();
    }

    private synchronized List<Refusal.Snapshot> due() {
        return waiting.values().stream()
                .filter(Refusal::isDue)
                .limit(BATCH)
                .map(Refusal::snapshot)
                .toList();
    }

    private synchronized void forget(List<Refusal.Snapshot> recorded) {
        recorded.forEach(Refusal.Snapshot::recorded);
    }

    /** Forgets entries that are recorded and whose minute has passed. */
    private synchronized void forgetPast() {
        long now = System.nanoTime();
        paces.values().removeIf(pace -> now - pace.since >= MINUTE_NANOS);
        waiting.entrySet()
                .removeIf(each -> !each.getValue().isDue()
                        && (each.getKey().getClass() == Object.class
                                || now - each.getValue().since() >= MINUTE_NANOS));
        strangers = (int)
                waiting.keySet().stream().filter(Stranger.class::isInstance).count();
    }

    private synchronized int size() {
        return waiting.size();
    }

    @PreDestroy
    void stop() throws InterruptedException {
        loop.stop();
        try {
            Postgres.asOwnWork(Duration.ofSeconds(1), this::runOnce);
        } catch (RuntimeException e) {
            LOG.warn("{} refused calls are missing from the audit trail, because Postgres is not responding", size());
        }
    }
}
