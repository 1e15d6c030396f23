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
 * Background task that plans notices: once a second, it writes the notices that are due with their deliveries, and starts
 * the dispatcher. All nodes run it. Row locks in Postgres give each piece of work to one node; if that node dies, another
 * takes over.
 */
@Context
public final class NoticePlanner {
    private static final Duration PAUSE = Duration.ofSeconds(1);
    /** Long, because a round continues while there is more to do. */
    private static final Duration BOUND = Duration.ofMinutes(5);

    private static final int BATCH = 500;

    private final DueNotices dueNotices;
    private final ExpiringNotices expiring;
    private final ExpiredNotices expired;
    private final RefusedNotices refused;
    private final Recipients recipients;
    private final NoticeTable notices;
    private final Dispatcher dispatcher;
    private final Postgres postgres;
    private final NoticeSettings settings;
    private final PostgresLoop loop;

    NoticePlanner(
            LoopRegistry loops,
            DueNotices dueNotices,
            ExpiringNotices expiring,
            ExpiredNotices expired,
            RefusedNotices refused,
            Recipients recipients,
            NoticeTable notices,
            Dispatcher dispatcher,
            Postgres postgres,
            NoticeSettings settings) {
        this.dueNotices = dueNotices;
        this.expiring = expiring;
        this.expired = expired;
        this.refused = refused;
        this.recipients = recipients;
        this.notices = notices;
        this.dispatcher = dispatcher;
        this.postgres = postgres;
        this.settings = settings;
        this.loop = new PostgresLoop(loops, "notices", PAUSE, BOUND, this::runOnce);
    }

    @PostConstruct
    void start() {
        if (settings.enabled()) {
            loop.start();
        }
    }

    /** One round. It does not wait for deliveries to be sent. */
    public void runOnce() {
        expiring.prepare();
        boolean more = true;
        while (more) {
            Work work = dueNotices.look();
            if (work.isNone()) {
                return;
            }
            more = work.expiring() && expiring.runOnce();
            more |= work.expired() && expired.runOnce();
            more |= work.refused() && refused.runOnce();
            more |= work.decided() && postgres.inTransaction(this::routeDecided);
            // After each batch, so that due deliveries do not wait behind a burst of expiries.
            dispatcher.runOnce();
        }
    }

    /**
     * Routes a batch of notices that changes of keys have written.
     *
     * @return whether there are more
     */
    private boolean routeDecided() {
        List<Notice> unrouted = notices.lockUnrouted(BATCH);
        recipients.route(unrouted);
        return unrouted.size() == BATCH;
    }

    @PreDestroy
    void stop() throws InterruptedException {
        loop.stop();
    }
}
