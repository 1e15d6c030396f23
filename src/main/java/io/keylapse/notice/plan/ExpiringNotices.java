package io.keylapse.notice.plan;

import io.keylapse.notice.Notice;
import io.keylapse.notice.plan.LeadTable.InView;
import io.keylapse.notice.plan.LeadTable.Reached;
import io.keylapse.registry.outbox.NoticeId;
import io.keylapse.registry.outbox.NoticeKind;
import io.keylapse.registry.sql.Postgres;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Planner for {@link NoticeKind#EXPIRING}: writes one notice for each key and lead time that has recipients. */
@Singleton
final class ExpiringNotices {
    private final LeadTable table;
    private final LeadTimes leadTimes;
    private final Recipients recipients;
    private final Postgres postgres;
    private volatile boolean prepared;

    ExpiringNotices(LeadTable table, LeadTimes leadTimes, Recipients recipients, Postgres postgres) {
        this.table = table;
        this.leadTimes = leadTimes;
        this.recipients = recipients;
        this.postgres = postgres;
    }

    /** Adds the configured lead times to the table, once per process. */
    void prepare() {
        if (!prepared) {
            table.know(leadTimes.all());
            prepared = true;
        }
    }

    /**
     * Plans one batch for each lead time.
     *
     * @return whether there is more
     */
    boolean runOnce() {
        boolean more = false;
        for (Duration lead : table.waiting()) {
            more |= postgres.inTransaction(() -> plan(lead));
        }
        return more;
    }

    private boolean plan(Duration lead) {
        Optional<Reached> reached = table.lock(lead);
        if (reached.isEmpty()) {
            return false;
        }
        Instant now = postgres.now();
        Instant upTo = now.plus(lead);
        if (!recipients.existFor(NoticeKind.EXPIRING)) {
            table.reachAll(lead, upTo);
            return false;
        }
        List<Reached> places = table.places(reached.get(), upTo);
        recipients.add(
                table.lock(places).stream().flatMap(key -> due(key, lead, now)).toList());
        if (places.size() < LeadTable.BATCH) {
            table.reachAll(lead, upTo);
            return false;
        }
        table.reach(lead, places.getLast().deadline(), places.getLast().id());
        return true;
    }

    private Stream<Notice> due(InView key, Duration lead, Instant now) {
        boolean isDue = !key.isReplaced()
                && key.expiresAt().isAfter(now)
                && leadTimes
                        .latestDue(key.leadTimes(), key.termBegan(), key.expiresAt(), now)
                        .filter(lead::equals)
                        .isPresent();
        return isDue ? Stream.of(notice(key, lead, now)) : Stream.empty();
    }

    private static Notice notice(InView key, Duration lead, Instant now) {
        return new Notice(
                NoticeId.generate(now),
                NoticeKind.EXPIRING,
                key.id(),
                key.version(),
                key.owner(),
                key.name(),
                key.hint(),
                key.email(),
                key.language(),
                key.expiresAt(),
                lead,
                null,
                null,
                key.expiresAt().minus(lead),
                now);
    }
}
