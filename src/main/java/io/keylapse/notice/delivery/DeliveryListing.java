package io.keylapse.notice.delivery;

import io.keylapse.key.input.InvalidInputException;
import io.keylapse.notice.WebhookId;
import io.keylapse.notice.delivery.Delivery.State;
import io.keylapse.registry.outbox.NoticeId;
import io.keylapse.registry.sql.Postgres;
import io.keylapse.registry.sql.SqlText;
import io.keylapse.registry.sql.page.Cursor;
import io.keylapse.registry.sql.page.Page;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Lists deliveries in pages. Every list is read through an index, whatever the filter. */
@Singleton
public final class DeliveryListing {
    private static final String NEWEST_FIRST = "v";

    private final Postgres postgres;

    DeliveryListing(Postgres postgres) {
        this.postgres = postgres;
    }

    /** A filter. Null fields match every delivery. */
    public record Filter(
            @Nullable State state,
            @Nullable WebhookId webhookId,
            @Nullable NoticeId noticeId) {}

    /**
     * A page of deliveries, newest first.
     *
     * @throws InvalidInputException if the cursor belongs to another list
     */
    public Page<Delivery> page(Filter filter, @Nullable Cursor cursor, int limit) {
        @Nullable
        UUID before = cursor == null ? null : cursor.expecting(NEWEST_FIRST, 1).uuid(0);
        // One ordered scan per state, so that the index (webhook_id, state, id) serves this list too.
        List<SqlText> scans = filter.webhookId() != null && filter.state() == null && filter.noticeId() == null
                ? Stream.of(State.values())
                        .map(state -> scan(new Filter(state, filter.webhookId(), null), before, limit + 1))
                        .toList()
                : List.of(scan(filter, before, limit + 1));
        SqlText query = SqlText.of("SELECT * FROM (")
                .plus(SqlText.join(" UNION ALL ", scans))
                .plus(") deliveries ORDER BY id DESC LIMIT ?", limit + 1);
        List<Delivery> found = postgres.query(
                query.sql(), DeliveryTable::read, query.parameters().toArray());
        return Page.of(found, limit, last -> Cursor.of(NEWEST_FIRST, last.id().value()));
    }

    /**
     * Ordered by the columns of one index, so that Postgres uses it, as in BlacklistHistory. A notice has few deliveries.
     */
    private static SqlText scan(Filter filter, @Nullable UUID before, int limit) {
        NoticeId notice = filter.noticeId();
        WebhookId webhook = filter.webhookId();
        String state = filter.state() == null ? null : filter.state().word();
        String leading =
                notice != null ? "" : webhook != null ? "webhook_id DESC, " : state != null ? "state DESC, " : "";
        return SqlText.of("(SELECT " + DeliveryTable.COLUMNS + " FROM delivery")
                .plus(SqlText.where(
                        SqlText.when(notice == null ? null : notice.value(), "notice_id = ?"),
                        webhook == null
                                ? null
                                : SqlText.of("webhook_id = ANY (?)", (Object) new UUID[] {webhook.value()}),
                        leading.startsWith("state") ? SqlText.led("state", state) : SqlText.when(state, "state = ?"),
                        SqlText.when(before, "id < ?")))
                .plus(" ORDER BY " + leading + "id DESC LIMIT ?)", limit);
    }
}
