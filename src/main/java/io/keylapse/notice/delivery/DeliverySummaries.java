package io.keylapse.notice.delivery;

import io.keylapse.key.KeyId;
import io.keylapse.key.KeyState;
import io.keylapse.registry.ending.BlacklistEntry;
import io.keylapse.registry.outbox.NoticeId;
import io.keylapse.registry.sql.Postgres;
import jakarta.inject.Singleton;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** Delivery summaries for ended keys: how many deliveries of the notice about an ending are delivered, pending and dead. */
@Singleton
public final class DeliverySummaries {
    private static final String READ = """
            SELECT n.key_id, n.kind, n.version, n.id, count(*) FILTER (WHERE d.state = 'delivered') AS delivered,
                count(*) FILTER (WHERE d.state = 'pending') AS pending,
                count(*) FILTER (WHERE d.state = 'dead') AS dead
            FROM notice n JOIN delivery d ON d.notice_id = n.id
            WHERE n.key_id = ANY (?) AND n.kind IN ('expired', 'revoked', 'rotated')
            GROUP BY n.id""";

    private final Postgres postgres;

    DeliverySummaries(Postgres postgres) {
        this.postgres = postgres;
    }

    /** The notice about an ending, and the number of its deliveries in each state. */
    public record Counts(NoticeId notice, int delivered, int pending, int dead) {}

    private record Row(KeyId key, KeyState reason, int version, Counts counts) {
        /**
         * Only an expiry can happen to a key more than once, so only its version must match. The notice about a rotation may
         * have an earlier version than the ending, because it is written when the grace period begins.
         */
        boolean isOf(BlacklistEntry entry) {
            return key.equals(entry.keyId())
                    && reason == entry.reason()
                    && (reason != KeyState.EXPIRED || version == entry.version());
        }
    }

    /** The summaries of these endings. Endings without recipients are absent. */
    public Map<BlacklistEntry, Counts> of(Collection<BlacklistEntry> endings) {
        var summaries = new HashMap<BlacklistEntry, Counts>();
        List<Row> rows = endings.isEmpty() ? List.of() : read(endings);
        for (BlacklistEntry ending : endings) {
            rows.stream()
                    .filter(row -> row.isOf(ending))
                    .findFirst()
                    .ifPresent(row -> summaries.put(ending, row.counts));
        }
        return summaries;
    }

    private List<Row> read(Collection<BlacklistEntry> endings) {
        return postgres.query(
                READ,
                row -> new Row(
                        new KeyId(row.getObject("key_id", UUID.class)),
                        KeyState.of(row.getString("kind")),
                        row.getInt("version"),
                        new Counts(
                                new NoticeId(row.getObject("id", UUID.class)),
                                row.getInt("delivered"),
                                row.getInt("pending"),
                                row.getInt("dead"))),
                (Object) endings.stream()
                        .map(each -> each.keyId().value())
                        .distinct()
                        .toArray(UUID[]::new));
    }
}
