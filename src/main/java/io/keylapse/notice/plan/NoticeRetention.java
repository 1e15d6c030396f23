package io.keylapse.notice.plan;

import io.keylapse.background.LoopRegistry;
import io.keylapse.notice.NoticeTable;
import io.keylapse.registry.outbox.NoticeId;
import io.keylapse.registry.sql.Postgres;
import io.keylapse.registry.sql.PostgresLoop;
import io.micronaut.context.annotation.Context;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * Removes notices that are older than they are to be kept, with their deliveries and attempts: every ten minutes, in
 * batches, oldest first. The blacklist is kept for ever, and so are keys.
 */
@Context
public final class NoticeRetention {
    private static final Duration PAUSE = Duration.ofMinutes(10);
    /** The first round after an upgrade may have years to remove. */
    private static final Duration BOUND = Duration.ofHours(6);

    private static final int BATCH = 500;

    private final NoticeTable notices;
    private final Postgres postgres;
    private final NoticeSettings settings;
    private final PostgresLoop rounds;
    private volatile boolean stopping;

    NoticeRetention(LoopRegistry loops, NoticeTable notices, Postgres postgres, NoticeSettings settings) {
        this.notices = notices;
        this.postgres = postgres;
        this.settings = settings;
        this.rounds = new PostgresLoop(loops, "notice-retention", PAUSE, BOUND, this::runOnce);
    }

    @PostConstruct
    void start() {
        if (settings.enabled()) {
            rounds.start();
        }
    }

    /** Removes all that is too old. */
    public void runOnce() {
        Instant before = postgres.now().minus(settings.keptFor());
        Optional<NoticeId> after = Optional.empty();
        do {
            Optional<NoticeId> last = after;
            after = postgres.inTransaction(() -> notices.removeOld(before, last, BATCH));
        } while (after.isPresent() && !stopping);
    }

    @PreDestroy
    void stop() throws InterruptedException {
        stopping = true;
        rounds.stop();
    }
}
