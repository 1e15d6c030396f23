package io.keylapse.notice.plan;

import io.keylapse.notice.delivery.DeliveryTable;
import io.keylapse.notice.webhook.WebhookTable;
import io.keylapse.registry.sql.Postgres;
import jakarta.inject.Singleton;

/**
 * One query that tells whether there is any work for the planner and the dispatcher, instead of one query for each kind of
 * work. Usually there is none.
 */
@Singleton
final class DueNotices {
    // Not clock_timestamp(): its value may differ for each row, so Postgres could not use an index.
    private static final String LOOK = "SELECT EXISTS (SELECT FROM notice_lead WHERE " + LeadTable.IS_WAITING + """
            ),
                (SELECT position < blacklist_horizon() FROM notice_progress),
                EXISTS (SELECT FROM notice WHERE routed_at IS NULL),
                EXISTS (SELECT FROM key_refusal WHERE notice_due_at <= now()),"""
            + " " + DeliveryTable.MAIL_IS_DUE + " OR " + WebhookTable.CALL_IS_DUE;

    private final Postgres postgres;

    DueNotices(Postgres postgres) {
        this.postgres = postgres;
    }

    /**
     * The work that there is.
     *
     * @param expiring keys have reached a lead time
     * @param expired new expiries are in the blacklist
     * @param decided changes of keys have written notices that are not routed yet
     * @param refused ended keys were refused
     * @param deliveries deliveries are due
     */
    record Work(boolean expiring, boolean expired, boolean decided, boolean refused, boolean deliveries) {
        boolean isNone() {
            return !(expiring || expired || decided || refused || deliveries);
        }
    }

    Work look() {
        return postgres.queryFirst(
                        LOOK,
                        row -> new Work(
                                row.getBoolean(1),
                                row.getBoolean(2),
                                row.getBoolean(3),
                                row.getBoolean(4),
                                row.getBoolean(5)))
                .orElseThrow();
    }
}
