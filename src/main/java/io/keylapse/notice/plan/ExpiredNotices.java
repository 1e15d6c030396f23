package io.keylapse.notice.plan;

import io.keylapse.notice.Notice;
import io.keylapse.notice.plan.ExpiredTable.Expired;
import io.keylapse.registry.outbox.NoticeId;
import io.keylapse.registry.outbox.NoticeKind;
import io.keylapse.registry.sql.Postgres;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.List;
import java.util.OptionalLong;

/** Finds the keys that have expired and whose owners have yet to be told, each expiry once. */
@Singleton
final class ExpiredNotices {
    private final ExpiredTable table;
    private final Audience audience;
    private final Postgres postgres;

    ExpiredNotices(ExpiredTable table, Audience audience, Postgres postgres) {
        this.table = table;
        this.audience = audience;
        this.postgres = postgres;
    }

    /** Looks at one batch; returns whether there is more to look at. */
    boolean runOnce() {
        return postgres.inTransaction(this::look);
    }

    /** Returns whether there is more to look at. */
    private boolean look() {
        OptionalLong reached = table.lock();
        if (reached.isEmpty()) {
            return false;
        }
        long horizon = table.horizon();
        List<Expired> expired = table.between(reached.getAsLong(), horizon);
        Instant now = postgres.now();
        audience.tell(expired.stream()
                .filter(Expired::isOver)
                .map(each -> notice(each, now))
                .toList());
        boolean more = expired.size() == ExpiredTable.BATCH;
        table.reach(more ? expired.getLast().position() : Math.max(horizon, reached.getAsLong()));
        return more;
    }

    private static Notice notice(Expired expired, Instant now) {
        return new Notice(
                NoticeId.generate(now),
                NoticeKind.EXPIRED,
                expired.id(),
                expired.version(),
                expired.owner(),
                expired.name(),
                expired.hint(),
                expired.email(),
                expired.language(),
                expired.endedAt(),
                null,
                null,
                null,
                expired.endedAt(),
                now);
    }
}
