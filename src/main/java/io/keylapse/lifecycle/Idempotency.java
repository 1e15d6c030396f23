package io.keylapse.lifecycle;

import io.keylapse.registry.IdempotencyTable;
import io.keylapse.registry.IdempotencyTable.Earlier;
import io.keylapse.registry.KeyTable;
import io.keylapse.registry.sql.Postgres;
import io.micronaut.context.annotation.Context;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import java.security.MessageDigest;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sees to it that a request which is sent again does not make a second key. */
@Context
final class Idempotency {
    private static final Logger LOG = LoggerFactory.getLogger(Idempotency.class);

    private final Postgres postgres;
    private final IdempotencyTable requests;
    private final KeyTable keys;
    private final ScheduledExecutorService purges = Executors.newSingleThreadScheduledExecutor(
            Thread.ofVirtual().name("idempotency-purge").factory());

    Idempotency(Postgres postgres, IdempotencyTable requests, KeyTable keys) {
        this.postgres = postgres;
        this.requests = requests;
        this.keys = keys;
    }

    /** Does the work, unless the same request did it before; in the caller's transaction, so that both happen or none. */
    Outcome once(IdempotentRequest request, Supplier<Outcome> work) {
        @Nullable String key = request.idempotencyKey();
        if (key == null) {
            return work.get();
        }
        if (!requests.claim(request.by(), key)) {
            return new Outcome.IdempotencyInProgress();
        }
        Optional<Earlier> earlier = requests.find(request.by(), key);
        if (earlier.isPresent()) {
            return MessageDigest.isEqual(earlier.get().requestHash(), request.hash())
                    ? keys.find(earlier.get().keyId())
                            .<Outcome>map(Outcome.Repeated::new)
                            .orElseThrow()
                    : new Outcome.IdempotencyMismatch();
        }
        Outcome outcome = work.get();
        if (outcome instanceof Outcome.Issued issued) {
            requests.insert(request.by(), key, request.hash(), issued.key().id(), postgres.now());
        }
        return outcome;
    }

    @PostConstruct
    void start() {
        var _ = purges.scheduleWithFixedDelay(this::purge, 1, 60, TimeUnit.MINUTES);
    }

    @PreDestroy
    void stop() {
        purges.shutdown();
    }

    /** Forgets requests that are too old to be repeated. */
    void purge() {
        try {
            int forgotten = requests.purge();
            if (forgotten > 0) {
                LOG.info("forgot {} idempotency keys older than {}", forgotten, IdempotencyTable.REMEMBERED);
            }
        } catch (RuntimeException e) {
            LOG.warn("idempotency keys were not purged, and will be in an hour: {}", e.toString());
        }
    }
}
