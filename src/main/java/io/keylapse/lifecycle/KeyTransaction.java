package io.keylapse.lifecycle;

import io.keylapse.active.WriteDeadline;
import io.keylapse.lifecycle.ChangeOutcome.Enforcement;
import io.keylapse.registry.sql.Postgres;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.function.Supplier;

/**
 * Runs each change of a key: decide and write in a transaction, commit, log, publish, return the outcome. A committed change
 * is effective whether Redis is up or down.
 */
@Singleton
final class KeyTransaction {
    private final Postgres postgres;
    private final ChangePublisher publisher;

    KeyTransaction(Postgres postgres, ChangePublisher publisher) {
        this.postgres = postgres;
        this.publisher = publisher;
    }

    /** Runs the use case in a transaction, then publishes its decision. */
    ChangeOutcome run(Supplier<Decision> useCase) {
        var deadline = WriteDeadline.startingNow();
        return switch (postgres.inTransaction(useCase)) {
            case Decision.Unchanged(var outcome) -> outcome;
            case Decision.Changed(var key, var log) -> {
                log.run();
                yield new ChangeOutcome.Done(key, publisher.publish(key, deadline));
            }
            case Decision.Created created -> {
                created.log().run();
                yield new ChangeOutcome.Issued(created.key(), created.secret(), publish(created, deadline));
            }
        };
    }

    private Enforcement publish(Decision.Created created, WriteDeadline deadline) {
        if (created.changed().isEmpty()) {
            return publisher.publish(created.key(), deadline);
        }
        var written = new ArrayList<>(created.changed());
        written.add(created.key());
        boolean applied = publisher.publish(written, deadline).stream().allMatch(Enforcement.APPLIED::equals);
        return applied ? Enforcement.APPLIED : Enforcement.PENDING;
    }
}
