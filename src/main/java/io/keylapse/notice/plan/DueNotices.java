package io.keylapse.notice.plan;

import io.keylapse.registry.sql.Postgres;
import jakarta.inject.Singleton;

/** Whether there is anything to find out, which most of the time there is not: one question instead of one for each kind. */
@Singleton
final class DueNotices {
    // Not clock_timestamp(), which may change from row to row, so that no index would be of use.
    private static final String LOOK = "SELECT EXISTS (SELECT FROM notice_lead WHERE " + LeadTable.IS_WAITING + "),"
            + " (SELECT position < blacklist_horizon() FROM notice_progress),"
            + " EXISTS (SELECT FROM notice WHERE routed_at IS NULL)";

    private final Postgres postgres;

    DueNotices(Postgres postgres) {
        this.postgres = postgres;
    }

    /**
     * What waits to be done.
     *
     * @param expiring keys have come into view whose owners may have to be warned
     * @param expired expiries were recorded
     * @param decided notices were written with the change they tell of
     */
    record Work(boolean expiring, boolean expired, boolean decided) {}

    Work look() {
        return postgres.queryFirst(LOOK, row -> new Work(row.getBoolean(1), row.getBoolean(2), row.getBoolean(3)))
                .orElseThrow();
    }
}
