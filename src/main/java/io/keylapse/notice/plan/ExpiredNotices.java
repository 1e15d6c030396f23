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

/** Planner for {@link NoticeKind#EXPIRED}: writes one notice for each new expiry in the blacklist that has recipients. */
@Singleton
final class ExpiredNotices {
    private final ExpiredTable table;
    private final Recipients recipients;
    private final Postgres postgres;

    ExpiredNotices(ExpiredTable table, Recipients recipients, Postgres postgres) {
        this.table = table;
        this.recipients = recipients;
        this.postgres = postgres;
    }

    /**
     * Plans one batch.
     *
     * @return whether there is more
     */
    boolean runOnce() {
        return postgres.inTransaction(this::plan);
    }

    private boolean plan() {
        OptionalLong reached = table.lock();
        if (reached.isEmpty()) {
            return false;
        }
        long horizon = Math.max(table.horizon(), reached.getAsLong());
        if (!recipients.existFor(NoticeKind.EXPIRED)) {
            table.reach(horizon);
            return false;
        }
        List<Expired> expired = table.between(reached.getAsLong(), horizon);
        plan(expired, postgres.now());
        boolean more = expired.size() == ExpiredTable.BATCH;
        table.reach(more ? expired.getLast().position() : horizon);
        return more;
    }

    /** Most expiries have no recipients, so only the keys of the others are locked. */
    private void plan(List<Expired> expired, Instant now) {
        var positions = new HashMap<NoticeId, Long>();
        List<Notice> found = expired.stream()
                .filter(Expired::isOver)
                .map(each -> {
                    Notice notice = notice(each, now);
                    positions.put(notice.id(), each.position());
                    return notice;
                })
                .toList();
        List<Notice> wanted = recipients.wanted(found);
        if (!wanted.isEmpty()) {
            Set<Long> over = table.lockOver(
                    wanted.stream().map(notice -> positions.get(notice.id())).toList());
            recipients.add(wanted.stream()
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
