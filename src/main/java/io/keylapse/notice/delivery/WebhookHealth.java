package io.keylapse.notice.delivery;

import io.keylapse.notice.WebhookId;
import io.keylapse.registry.sql.Columns;
import io.keylapse.registry.sql.Postgres;
import io.keylapse.registry.sql.PostgresFailure;
import io.keylapse.registry.sql.lane.ConnectionLanes;
import io.keylapse.registry.sql.lane.NoTurnException;
import io.keylapse.registry.sql.lane.PostgresLane;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The health of webhooks, counted in Postgres. Each statement reads a range of one index, at most {@value #MAX_COUNTED}
 * deliveries, and all of them together have {@link #BUDGET}: webhooks that it does not suffice for have no report.
 */
@Singleton
public final class WebhookHealth {
    /** Counting this many takes about 20 ms. */
    static final int MAX_COUNTED = 100_000;

    private static final Duration BUDGET = Duration.ofSeconds(2);
    private static final Duration RECENT = Duration.ofDays(1);
    private static final int CANDIDATES = 20;

    // The array and the order make Postgres read the index (webhook_id, state, id); see SqlText.led.
    private static final String OF_WEBHOOK = " FROM delivery WHERE webhook_id = ANY (?) AND state = ";
    private static final String COUNT_RECENT = "SELECT count(*) FROM (SELECT" + OF_WEBHOOK
            + "? AND id >= ? ORDER BY webhook_id, id LIMIT " + (MAX_COUNTED + 1) + ") counted";
    private static final String OLDEST_PENDING = "SELECT id" + OF_WEBHOOK + "'pending' ORDER BY webhook_id, id LIMIT 1";
    private static final String LAST_DELIVERED =
            "SELECT ended_at" + OF_WEBHOOK + "'delivered' ORDER BY webhook_id DESC, id DESC LIMIT 1";

    /** Pending deliveries that wait for a retry. Those that are due now, or under way, have no attempt or soon another. */
    private static final String RETRIED = " FROM delivery d WHERE channel = 'webhook' AND state = 'pending'"
            + " AND webhook_id = ANY (?) AND next_attempt_at > statement_timestamp()"
            + " AND EXISTS (SELECT FROM delivery_attempt WHERE delivery_id = d.id)";

    private static final String COUNT_RETRIED = "SELECT count(*) FROM (SELECT" + RETRIED
            + " ORDER BY webhook_id, next_attempt_at LIMIT " + (MAX_COUNTED + 1) + ") counted";

    /** Of the deliveries that are retried first and last, and of the newest that were given up. */
    private static final String LAST_FAILURE = "SELECT begun_at, status, outcome FROM ("
            + "(SELECT d.id" + RETRIED + " ORDER BY webhook_id, next_attempt_at LIMIT " + CANDIDATES + ")"
            + " UNION (SELECT d.id" + RETRIED + " ORDER BY webhook_id DESC, next_attempt_at DESC LIMIT " + CANDIDATES
            + ") UNION (SELECT id" + OF_WEBHOOK + "'dead' ORDER BY webhook_id DESC, id DESC LIMIT " + CANDIDATES + ")"
            + """
            ) candidate JOIN LATERAL (
                SELECT begun_at, status, outcome FROM delivery_attempt
                WHERE delivery_id = candidate.id ORDER BY number DESC LIMIT 1) attempt ON true
            ORDER BY begun_at DESC LIMIT 1""";

    private final Postgres postgres;

    WebhookHealth(Postgres postgres) {
        this.postgres = postgres;
    }

    /** A failed attempt. */
    public record Failure(Instant at, @Nullable Integer status, String outcome) {}

    /**
     * The health of a webhook.
     *
     * @param pending deliveries that are due now or later
     * @param oldestPendingAt when the oldest of them was added; null if there are none
     * @param retrying those of them that have failed and wait for a retry
     * @param dead deliveries that were given up
     * @param delivered deliveries of the last 24 hours that arrived
     * @param deadRecently deliveries of the last 24 hours that were given up
     * @param lastDeliveredAt when the newest delivery that arrived did so; null for none
     * @param lastFailure the latest failed attempt of deliveries that have not arrived; null for none
     * @param exact false if a count stopped at {@value WebhookHealth#MAX_COUNTED}
     */
    public record Report(
            long pending,
            @Nullable Instant oldestPendingAt,
            long retrying,
            long dead,
            long delivered,
            long deadRecently,
            @Nullable Instant lastDeliveredAt,
            @Nullable Failure lastFailure,
            boolean exact) {

        /** Whether deliveries wait for a retry, or the last thing that happened was a failure. */
        public boolean isFailing() {
            return retrying > 0
                    || (lastFailure != null
                            && (lastDeliveredAt == null || lastFailure.at().isAfter(lastDeliveredAt)));
        }

        /** The share of deliveries of the last 24 hours that arrived; empty if there were none. */
        public Optional<Double> successRate() {
            long all = delivered + deadRecently + retrying;
            return all == 0 ? Optional.empty() : Optional.of(Math.floor(1000.0 * delivered / all) / 1000);
        }
    }

    /** The reports on these webhooks, as far as they could be made in time. */
    public Map<WebhookId, Report> of(Collection<WebhookId> webhooks) {
        var reports = new HashMap<WebhookId, Report>();
        long end = System.nanoTime() + BUDGET.toNanos();
        try {
            ConnectionLanes.in(
                    PostgresLane.HEAVY,
                    () -> Postgres.within(BUDGET, () -> {
                        UUID since = firstId(postgres.now().minus(RECENT));
                        for (WebhookId webhook : webhooks) {
                            if (System.nanoTime() - end >= 0) {
                                break;
                            }
                            reports.put(webhook, read(new UUID[] {webhook.value()}, since));
                        }
                        return reports;
                    }));
        } catch (NoTurnException _) {
            // Other heavy reads are running. The webhooks are shown without a report.
        } catch (RuntimeException e) {
            if (!PostgresFailure.wasCutShort(e)) {
                throw e;
            }
        }
        return reports;
    }

    private Report read(UUID[] webhook, UUID since) {
        var none = new UUID(0, 0);
        long pending = count(COUNT_RECENT, webhook, "pending", none);
        long dead = count(COUNT_RECENT, webhook, "dead", none);
        long delivered = count(COUNT_RECENT, webhook, "delivered", since);
        long deadRecently = dead == 0 ? 0 : count(COUNT_RECENT, webhook, "dead", since);
        long retrying = pending == 0 ? 0 : count(COUNT_RETRIED, (Object) webhook);
        return new Report(
                Math.min(pending, MAX_COUNTED),
                pending == 0
                        ? null
                        : postgres.queryFirst(
                                        OLDEST_PENDING, row -> madeAt(row.getObject(1, UUID.class)), (Object) webhook)
                                .orElse(null),
                Math.min(retrying, MAX_COUNTED),
                Math.min(dead, MAX_COUNTED),
                Math.min(delivered, MAX_COUNTED),
                Math.min(deadRecently, MAX_COUNTED),
                postgres.queryFirst(LAST_DELIVERED, row -> Columns.instant(row, 1), (Object) webhook)
                        .orElse(null),
                retrying + dead == 0 ? null : lastFailure(webhook).orElse(null),
                Math.max(Math.max(pending, dead), delivered) <= MAX_COUNTED);
    }

    private Optional<Failure> lastFailure(UUID[] webhook) {
        return postgres.queryFirst(
                LAST_FAILURE,
                row -> new Failure(
                        Columns.instant(row, "begun_at"),
                        row.getObject("status", Integer.class),
                        row.getString("outcome")),
                webhook,
                webhook,
                webhook);
    }

    private long count(String statement, Object... parameters) {
        return postgres.queryFirst(statement, row -> row.getLong(1), parameters).orElseThrow();
    }

    /** Ids start with the milliseconds at which they were made. */
    private static UUID firstId(Instant at) {
        return new UUID(at.toEpochMilli() << 16, 0);
    }

    private static Instant madeAt(UUID id) {
        return Instant.ofEpochMilli(id.getMostSignificantBits() >>> 16);
    }
}
