package io.keylapse.lifecycle;

import io.keylapse.background.LoopRegistry;
import io.keylapse.key.KeyId;
import io.keylapse.key.ManagementKeyId;
import io.keylapse.registry.IdempotencyRepository;
import io.keylapse.registry.IdempotencyRepository.Earlier;
import io.keylapse.registry.KeyTable;
import io.keylapse.registry.sql.Postgres;
import io.keylapse.registry.sql.PostgresLoop;
import io.micronaut.context.annotation.Context;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Idempotency keys: a repeated request does not create a second key. */
@Context
final class Idempotency {
    private static final Logger LOG = LoggerFactory.getLogger(Idempotency.class);
    private static final Duration PAUSE = Duration.ofHours(1);
    private static final Duration BOUND = PAUSE.multipliedBy(3);

    private final Postgres postgres;
    private final IdempotencyRepository requests;
    private final KeyTable keys;
    private final PostgresLoop purges;

    Idempotency(LoopRegistry loops, Postgres postgres, IdempotencyRepository requests, KeyTable keys) {
        this.postgres = postgres;
        this.requests = requests;
        this.keys = keys;
        this.purges = new PostgresLoop(loops, "idempotency-purge", PAUSE, BOUND, this::purge);
    }

    /** Does the work unless an earlier request with the same idempotency key did it. Runs in the caller's transaction. */
    Decision once(IdempotentRequest request, Supplier<Decision> work) {
        @Nullable String key = request.idempotencyKey();
        if (key == null) {
            return work.get();
        }
        ManagementKeyId by = Objects.requireNonNull(request.by().managementKey(), "a holder sends no idempotency key");
        if (!requests.tryLock(by.toString(), key)) {
            return new Decision.Unchanged(new ChangeOutcome.IdempotencyInProgress());
        }
        Optional<Earlier> earlier = requests.find(by.value(), key);
        if (earlier.isPresent()) {
            boolean same = MessageDigest.isEqual(earlier.get().requestHash(), request.hash());
            return new Decision.Unchanged(
                    same
                            ? new ChangeOutcome.Repeated(
                                    keys.find(new KeyId(earlier.get().keyId())).orElseThrow())
                            : new ChangeOutcome.IdempotencyMismatch());
        }
        Decision decision = work.get();
        if (decision instanceof Decision.Created created) {
            requests.insert(by.value(), key, request.hash(), created.key().id().value(), postgres.now());
        }
        return decision;
    }

    @PostConstruct
    void start() {
        purges.start();
    }

    @PreDestroy
    void stop() throws InterruptedException {
        purges.stop();
    }

    /** Deletes idempotency keys that no longer count. */
    void purge() {
        int forgotten = requests.deleteOld();
        if (forgotten > 0) {
            LOG.info("deleted {} idempotency keys older than {}", forgotten, IdempotencyRepository.KEPT_FOR);
        }
    }
}
