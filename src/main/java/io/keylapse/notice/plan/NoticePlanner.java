package io.keylapse.notice.plan;

import io.keylapse.background.LoopRegistry;
import io.keylapse.notice.Notice;
import io.keylapse.notice.NoticeTable;
import io.keylapse.notice.delivery.Dispatcher;
import io.keylapse.notice.plan.DueNotices.Work;
import io.keylapse.registry.sql.Postgres;
import io.keylapse.registry.sql.PostgresLoop;
import io.micronaut.context.annotation.Context;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import java.time.Duration;
import java.util.List;

/**
 * Once a second: what is to be told, to whom, and off with it. Every node does it, and each piece of work is one node's,
 * because it is locked in Postgres; a node that dies leaves it to the next.
 */
@Context
public final class NoticePlanner {
    private static final Duration PAUSE = Duration.ofSeconds(1);
    /** A round goes on while there is more to do. */
    private static final Duration BOUND = Duration.ofMinutes(5);

    private static final int BATCH = 500;

    private final DueNotices waiting;
    private final ExpiringNotices expiring;
    private final ExpiredNotices expired;
    private final Recipients audience;
    private final NoticeTable notices;
    private final Dispatcher dispatcher;
    private final Postgres postgres;
    private final NoticeSettings settings;
    private final PostgresLoop rounds;

    NoticePlanner(
            LoopRegistry loops,
            DueNotices waiting,
            ExpiringNotices expiring,
            ExpiredNotices expired,
            Recipients audience,
            NoticeTable notices,
            Dispatcher dispatcher,
            Postgres postgres,
            NoticeSettings settings) {
        this.waiting = waiting;
        this.expiring = expiring;
        this.expired = expired;
        this.audience = audience;
        this.notices = notices;
        this.dispatcher = dispatcher;
        this.postgres = postgres;
        this.settings = settings;
        this.rounds = new PostgresLoop(loops, "notices", PAUSE, BOUND, this::runOnce);
    }

    @PostConstruct
    void start() {
        if (settings.enabled()) {
            rounds.start();
        }
    }

    /** One round, which does not wait for what it sends. */
    public void runOnce() {
        expiring.prepare();
        boolean more = true;
        while (more) {
            Work work = waiting.look();
            more = work.expiring() && expiring.runOnce();
            more |= work.expired() && expired.runOnce();
            more |= work.decided() && postgres.inTransaction(this::routeDecided);
            // In between, so that what is due need not wait for a storm of expiries to be looked through.
            dispatcher.runOnce();
        }
    }

    /** Whom those notices go to that were written with the change they tell of; returns whether there are more. */
    private boolean routeDecided() {
        List<Notice> unrouted = notices.lockUnrouted(BATCH);
        audience.route(unrouted);
        return unrouted.size() == BATCH;
    }

    @PreDestroy
    void stop() throws InterruptedException {
        rounds.stop();
    }
}
