package io.keylapse.notice.plan;

import io.keylapse.key.KeyId;
import io.keylapse.notice.Notice;
import io.keylapse.notice.plan.LeadTable.InView;
import io.keylapse.notice.plan.LeadTable.Reached;
import io.keylapse.registry.outbox.NoticeId;
import io.keylapse.registry.outbox.NoticeKind;
import io.keylapse.registry.sql.Postgres;
import io.keylapse.registry.usage.UsageTable;
import io.keylapse.registry.usage.UsageTable.Usages;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Planner for {@link NoticeKind#EXPIRING}: writes one notice for each key and lead time that has recipients. */
@Singleton
final class ExpiringNotices {
    /** The detail of a warning that was not sent because nobody uses the key. */
    private static final String UNUSED = "unused";

    private final LeadTable table;
    private final LeadTimes leadTimes;
    private final Recipients recipients;
    private final UsageTable usage;
    private final NoticeSettings settings;
    private final Postgres postgres;
    private volatile boolean prepared;

    ExpiringNotices(
            LeadTable table,
            LeadTimes leadTimes,
            Recipients recipients,
            UsageTable usage,
            NoticeSettings settings,
            Postgres postgres) {
        this.table = table;
        this.leadTimes = leadTimes;
        this.recipients = recipients;
        this.usage = usage;
        this.settings = settings;
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
        List<InView> keys = table.lock(places);
        Set<KeyId> unused = unused(keys, now);
        recipients.add(keys.stream()
                .filter(key -> !unused.contains(key.id()))
                .flatMap(key -> due(key, lead, now, null))
                .toList());
        recipients.addUnsent(keys.stream()
                .filter(key -> unused.contains(key.id()))
                .flatMap(key -> due(key, lead, now, UNUSED))
                .toList());
        if (places.size() < LeadTable.BATCH) {
            table.reachAll(lead, upTo);
            return false;
        }
        table.reach(lead, places.getLast().deadline(), places.getLast().id());
        return true;
    }

    /** Keys that nobody uses, if their owners are not to be warned. None while too little is known of their use. */
    private Set<KeyId> unused(List<InView> keys, Instant now) {
        Duration limit = settings.skipUnusedFor();
        if (limit == null) {
            return Set.of();
        }
        Instant since = now.minus(limit);
        Usages usages = usage.of(keys.stream().map(InView::id).toList());
        Instant knownSince = usages.knownSince();
        if (knownSince == null || knownSince.isAfter(since)) {
            return Set.of();
        }
        return keys.stream()
                .filter(key -> key.termBegan().isBefore(since))
                .map(InView::id)
                .filter(key -> isUnused(usages.of(key).lastUsedAt(), since))
                .collect(Collectors.toSet());
    }

    private static boolean isUnused(@Nullable Instant lastUsedAt, Instant since) {
        return lastUsedAt == null || lastUsedAt.isBefore(since);
    }

    private Stream<Notice> due(InView key, Duration lead, Instant now, @Nullable String detail) {
        boolean isDue = !key.isReplaced()
                && key.expiresAt().isAfter(now)
                && leadTimes
                        .latestDue(key.leadTimes(), key.termBegan(), key.expiresAt(), now)
                        .filter(lead::equals)
                        .isPresent();
        return isDue ? Stream.of(notice(key, lead, now, detail)) : Stream.empty();
    }

    private static Notice notice(InView key, Duration lead, Instant now, @Nullable String detail) {
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
                detail,
                key.expiresAt().minus(lead),
                now);
    }
}
