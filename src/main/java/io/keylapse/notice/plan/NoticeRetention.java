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
 * Background task that removes notices after the retention time, with their deliveries and attempts: every 10 minutes, in
 * batches, oldest first. The blacklist and keys are kept permanently.
 */
@Context
public final class NoticeRetention {
    private static final Duration PAUSE = Duration.ofMinutes(10);
    /** Long, because the first round after an upgrade may have years of notices to remove. */
    private static final Duration BOUND = Duration.ofHours(6);

    private static final int BATCH = 500;

    private final NoticeTable notices;
    private final Postgres postgres;
    private final NoticeSettings settings;
    private final PostgresLoop loop;
    private volatile boolean stopping;

    NoticeRetention(LoopRegistry loops, NoticeTable notices, Postgres postgres, NoticeSettings settings) {
        this.notices = notices;
        this.postgres = postgres;
        this.settings = settings;
        this.loop = new PostgresLoop(loops, "notice-retention", PAUSE, BOUND, this::runOnce);
    }

    @PostConstruct
    void start() {
        if (settings.enabled()) {
            loop.start();
        }
    }

    /** Removes everything that is past the retention time. */
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
        loop.stop();
    }
}
