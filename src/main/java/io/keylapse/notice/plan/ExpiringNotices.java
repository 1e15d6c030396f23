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

/** Finds the keys whose owners are to be warned, each once for each of its lead times. */
@Singleton
final class ExpiringNotices {
    private final LeadTable table;
    private final LeadTimes leadTimes;
    private final Recipients audience;
    private final Postgres postgres;
    private volatile boolean known;

    ExpiringNotices(LeadTable table, LeadTimes leadTimes, Recipients audience, Postgres postgres) {
        this.table = table;
        this.leadTimes = leadTimes;
        this.audience = audience;
        this.postgres = postgres;
    }

    /** Makes the lead times known, once. */
    void prepare() {
        if (!known) {
            table.know(leadTimes.all());
            known = true;
        }
    }

    /** Looks at one batch of each lead time; returns whether there is more to look at. */
    boolean runOnce() {
        boolean more = false;
        for (Duration lead : table.waiting()) {
            more |= postgres.inTransaction(() -> look(lead));
        }
        return more;
    }

    /** Returns whether there is more to look at. */
    private boolean look(Duration lead) {
        Optional<Reached> reached = table.lock(lead);
        if (reached.isEmpty()) {
            return false;
        }
        Instant now = postgres.now();
        Instant upTo = now.plus(lead);
        if (!audience.mayHear(NoticeKind.EXPIRING)) {
            table.reachAll(lead, upTo);
            return false;
        }
        List<Reached> places = table.places(reached.get(), upTo);
        audience.tell(
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
