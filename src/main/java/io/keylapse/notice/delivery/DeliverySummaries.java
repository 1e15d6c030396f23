package io.keylapse.notice.delivery;

import io.keylapse.key.KeyId;
import io.keylapse.key.KeyState;
import io.keylapse.notice.delivery.Delivery.Channel;
import io.keylapse.notice.delivery.Delivery.State;
import io.keylapse.registry.ending.BlacklistEntry;
import io.keylapse.registry.outbox.NoticeId;
import io.keylapse.registry.sql.Postgres;
import jakarta.inject.Singleton;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Delivery summaries for ended keys: whether the owner got mail about an ending, and how the calls to webhooks stand. */
@Singleton
public final class DeliverySummaries {
    private static final String READ = """
            SELECT n.key_id, n.kind, n.version, n.id, max(d.state) FILTER (WHERE d.channel = 'email') AS mail,
                count(*) FILTER (WHERE d.channel = 'webhook' AND d.state = 'delivered') AS delivered,
                count(*) FILTER (WHERE d.channel = 'webhook' AND d.state = 'pending') AS pending,
                count(*) FILTER (WHERE d.channel = 'webhook' AND d.state = 'dead') AS dead
            FROM notice n JOIN delivery d ON d.notice_id = n.id
            WHERE n.key_id = ANY (?) AND n.kind IN ('expired', 'revoked', 'rotated')
            GROUP BY n.id""";

    private final Postgres postgres;

    DeliverySummaries(Postgres postgres) {
        this.postgres = postgres;
    }

    /**
     * How a notice was delivered.
     *
     * @param mail the state of the mail to the owner; null if there is none
     * @param delivered the number of calls to webhooks in this state; the same for those below
     */
    public record Summary(NoticeId notice, @Nullable State mail, int delivered, int pending, int dead) {
        /** The summary of these deliveries of a notice. */
        public static Summary of(NoticeId notice, Collection<Delivery> deliveries) {
            return new Summary(
                    notice,
                    deliveries.stream()
                            .filter(each -> each.channel() == Channel.EMAIL)
                            .findFirst()
                            .map(Delivery::state)
                            .orElse(null),
                    calls(deliveries, State.DELIVERED),
                    calls(deliveries, State.PENDING),
                    calls(deliveries, State.DEAD));
        }

        private static int calls(Collection<Delivery> deliveries, State state) {
            return (int) deliveries.stream()
                    .filter(each -> each.channel() == Channel.WEBHOOK && each.state() == state)
                    .count();
        }
    }

    private record Row(KeyId key, KeyState reason, int version, Summary summary) {
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
    public Map<BlacklistEntry, Summary> of(Collection<BlacklistEntry> endings) {
        var summaries = new HashMap<BlacklistEntry, Summary>();
        List<Row> rows = endings.isEmpty() ? List.of() : read(endings);
        for (BlacklistEntry ending : endings) {
            rows.stream()
                    .filter(row -> row.isOf(ending))
                    .findFirst()
                    .ifPresent(row -> summaries.put(ending, row.summary));
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
                        new Summary(
                                new NoticeId(row.getObject("id", UUID.class)),
                                Optional.ofNullable(row.getString("mail"))
                                        .flatMap(State::parse)
                                        .orElse(null),
                                row.getInt("delivered"),
                                row.getInt("pending"),
                                row.getInt("dead"))),
                (Object) endings.stream()
                        .map(each -> each.keyId().value())
                        .distinct()
                        .toArray(UUID[]::new));
    }
}
