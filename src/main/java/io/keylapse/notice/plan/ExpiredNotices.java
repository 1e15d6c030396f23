package io.keylapse.notice.plan;

import io.keylapse.notice.Notice;
import io.keylapse.notice.plan.ExpiredTable.Expired;
import io.keylapse.registry.outbox.NoticeId;
import io.keylapse.registry.outbox.NoticeKind;
import io.keylapse.registry.sql.Postgres;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;

/** Finds the keys that have expired and whose owners have yet to be told, each expiry once. */
@Singleton
final class ExpiredNotices {
    private final ExpiredTable table;
    private final Recipients audience;
    private final Postgres postgres;

    ExpiredNotices(ExpiredTable table, Recipients audience, Postgres postgres) {
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
        long horizon = Math.max(table.horizon(), reached.getAsLong());
        if (!audience.mayHear(NoticeKind.EXPIRED)) {
            table.reach(horizon);
            return false;
        }
        List<Expired> expired = table.between(reached.getAsLong(), horizon);
        tell(expired, postgres.now());
        boolean more = expired.size() == ExpiredTable.BATCH;
        table.reach(more ? expired.getLast().position() : horizon);
        return more;
    }

    /** Most expiries are heard of by nobody, so only keys that are to be told of are locked. */
    private void tell(List<Expired> expired, Instant now) {
        var positions = new HashMap<NoticeId, Long>();
        List<Notice> found = expired.stream()
                .filter(Expired::isOver)
                .map(each -> {
                    Notice notice = notice(each, now);
                    positions.put(notice.id(), each.position());
                    return notice;
                })
                .toList();
        List<Notice> wanted = audience.wanted(found);
        if (!wanted.isEmpty()) {
            Set<Long> over = table.lockOver(
                    wanted.stream().map(notice -> positions.get(notice.id())).toList());
            audience.tell(wanted.stream()
                    .filter(notice -> over.contains(positions.get(notice.id())))
                    .toList());
        }
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
