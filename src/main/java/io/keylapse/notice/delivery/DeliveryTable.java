package io.keylapse.notice.delivery;

import io.keylapse.key.input.InvalidInputException;
import io.keylapse.notice.WebhookId;
import io.keylapse.notice.delivery.Delivery.Channel;
import io.keylapse.notice.delivery.Delivery.State;
import io.keylapse.registry.outbox.NoticeId;
import io.keylapse.registry.sql.Columns;
import io.keylapse.registry.sql.Cursor;
import io.keylapse.registry.sql.Page;
import io.keylapse.registry.sql.Postgres;
import io.keylapse.registry.sql.SqlText;
import jakarta.inject.Singleton;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The table of deliveries, from which nodes take what is due so that in the normal case no two take the same. */
@Singleton
public final class DeliveryTable {
    /** For a statement on all deliveries of a webhook, which may be a million. */
    private static final Duration PATIENCE_WITH_ALL = Duration.ofSeconds(25);

    /** An attempt of which nothing is heard for so long counts as lost, with the node that made it. */
    private static final Duration LEASE = Duration.ofSeconds(60);

    /** Mail servers take their time. */
    private static final Duration LEASE_OF_MAIL = Duration.ofMinutes(10);

    private static final int MAX_ATTEMPTS_KEPT = 100;

    private static final String NEWEST_FIRST = "v";
    private static final String COLUMNS = "id, notice_id, channel, webhook_id, target, state, attempts, given_up_after,"
            + " next_attempt_at, ended_at";
    private static final String CLAIM = "UPDATE delivery SET attempts = attempts + 1,"
            + " next_attempt_at = clock_timestamp() + ?::interval WHERE id IN (SELECT id FROM delivery WHERE %s"
            + " AND state = 'pending' AND next_attempt_at <= statement_timestamp() ORDER BY next_attempt_at LIMIT ?"
            + " FOR UPDATE SKIP LOCKED) RETURNING " + COLUMNS;
    private static final String CLAIM_FOR_WEBHOOK = CLAIM.replace(
            "%s",
            "channel = 'webhook' AND webhook_id = ?"
                    + " AND EXISTS (SELECT FROM webhook w WHERE w.id = webhook_id AND disabled_at IS NULL)");
    private static final String CLAIM_MAIL = CLAIM.replace("%s", "channel = 'email'");

    /** Whoever deletes the webhook waits for this transaction, and cancels what it has added. */
    private static final String AGAINST_DELETION = " FOR KEY SHARE";

    // The pauses begin anew, and the numbers of attempts go on.
    private static final String REPLAY = "UPDATE delivery SET state = 'pending', next_attempt_at = clock_timestamp(),"
            + " ended_at = NULL, given_up_after = attempts WHERE state = 'dead'"
            + " AND (channel = 'email' OR EXISTS (SELECT FROM webhook w WHERE w.id = webhook_id AND deleted_at IS NULL"
            + AGAINST_DELETION + "))";

    private final Postgres postgres;

    DeliveryTable(Postgres postgres) {
        this.postgres = postgres;
    }

    /** Which deliveries; what is null does not matter. */
    public record Filter(
            @Nullable State state,
            @Nullable WebhookId webhookId,
            @Nullable NoticeId noticeId) {}

    /** Adds a mail that is due now. */
    public void addMail(NoticeId notice, String address, Instant now) {
        postgres.update(
                "INSERT INTO delivery (id, notice_id, channel, target, next_attempt_at) VALUES (?, ?, 'email', ?, ?)",
                DeliveryId.generate(now).value(),
                notice.value(),
                address,
                now);
    }

    /** Adds a call of a webhook that is due now, unless the webhook has been deleted meanwhile. */
    public void addCall(NoticeId notice, WebhookId webhook, String url, Instant now) {
        postgres.update(
                "INSERT INTO delivery (id, notice_id, channel, webhook_id, target, next_attempt_at)"
                        + " SELECT ?, ?, 'webhook', id, ?, ? FROM webhook WHERE id = ? AND deleted_at IS NULL"
                        + AGAINST_DELETION,
                DeliveryId.generate(now).value(),
                notice.value(),
                url,
                now,
                webhook.value());
    }

    /** Takes on up to so many that are due to a webhook. */
    public List<Delivery> claim(WebhookId webhook, int limit) {
        return postgres.query(CLAIM_FOR_WEBHOOK, DeliveryTable::read, LEASE.toString(), webhook.value(), limit);
    }

    /** Takes on up to so many that are due as mail. */
    public List<Delivery> claimMail(int limit) {
        return postgres.query(CLAIM_MAIL, DeliveryTable::read, LEASE_OF_MAIL.toString(), limit);
    }

    /** Whether any mail is due. */
    public boolean isMailDue() {
        return postgres.queryFirst(
                        "SELECT EXISTS (SELECT FROM delivery WHERE channel = 'email' AND state = 'pending'"
                                + " AND next_attempt_at <= statement_timestamp())",
                        row -> row.getBoolean(1))
                .orElse(false);
    }

    /**
     * Writes down what became of the last attempt that {@code claimed} is about.
     *
     * @param pause until the next attempt; null when there is none
     * @param counts whether it counts towards giving up; of attempts that do not there may be any number, so only the last
     *     are kept
     */
    void finish(Delivery claimed, Attempt attempt, State state, @Nullable Duration pause, boolean counts) {
        postgres.inTransaction(() -> {
            postgres.update(
                    "INSERT INTO delivery_attempt (delivery_id, number, begun_at, took_ms, status, outcome, response)"
                            + " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                    claimed.id().value(),
                    attempt.number(),
                    attempt.begunAt(),
                    (int) attempt.took().toMillis(),
                    attempt.status(),
                    attempt.outcome(),
                    attempt.response());
            if (!counts && attempt.number() > MAX_ATTEMPTS_KEPT) {
                postgres.update(
                        "DELETE FROM delivery_attempt WHERE delivery_id = ? AND number <= ?",
                        claimed.id().value(),
                        attempt.number() - MAX_ATTEMPTS_KEPT);
            }
            // Unless it was taken back meanwhile, or counted as lost and was tried anew.
            return postgres.update(
                    "UPDATE delivery SET state = ?, next_attempt_at = clock_timestamp() + ?::interval,"
                            + " ended_at = CASE WHEN ?::interval IS NULL THEN clock_timestamp() END,"
                            + " given_up_after = given_up_after + ?"
                            + " WHERE id = ? AND state = 'pending' AND attempts = ?",
                    state.word(),
                    pause == null ? null : pause.toString(),
                    pause == null ? null : pause.toString(),
                    counts ? 0 : 1,
                    claimed.id().value(),
                    attempt.number());
        });
    }

    /**
     * A page of deliveries, newest first.
     *
     * @throws InvalidInputException if the cursor is of another list
     */
    public Page<Delivery> page(Filter filter, @Nullable Cursor cursor, int limit) {
        @Nullable
        UUID before = cursor == null ? null : cursor.expecting(NEWEST_FIRST, 1).uuid(0);
        // One ordered scan for each state, because (webhook_id, state, id) is the index that serves them all.
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

    /** By the columns of one index, as in the history of endings; a notice has few deliveries. */
    private static SqlText scan(Filter filter, @Nullable UUID before, int limit) {
        NoticeId notice = filter.noticeId();
        WebhookId webhook = filter.webhookId();
        String state = filter.state() == null ? null : filter.state().word();
        String leading =
                notice != null ? "" : webhook != null ? "webhook_id DESC, " : state != null ? "state DESC, " : "";
        return SqlText.of("(SELECT " + COLUMNS + " FROM delivery")
                .plus(SqlText.where(
                        SqlText.when(notice == null ? null : notice.value(), "notice_id = ?"),
                        webhook == null
                                ? null
                                : SqlText.of("webhook_id = ANY (?)", (Object) new UUID[] {webhook.value()}),
                        leading.startsWith("state") ? SqlText.led("state", state) : SqlText.when(state, "state = ?"),
                        SqlText.when(before, "id < ?")))
                .plus(" ORDER BY " + leading + "id DESC LIMIT ?)", limit);
    }

    /** The delivery of that id. */
    public Optional<Delivery> find(DeliveryId id) {
        return postgres.queryFirst(
                "SELECT " + COLUMNS + " FROM delivery WHERE id = ?", DeliveryTable::read, id.value());
    }

    /** All deliveries of those notices, oldest first. */
    public List<Delivery> of(Collection<NoticeId> notices) {
        return postgres.query(
                "SELECT " + COLUMNS + " FROM delivery WHERE notice_id = ANY (?) ORDER BY id",
                DeliveryTable::read,
                (Object) notices.stream().map(NoticeId::value).toArray(UUID[]::new));
    }

    /** Every attempt at a delivery, in order. */
    public List<Attempt> attempts(DeliveryId id) {
        return postgres.query(
                "SELECT number, begun_at, took_ms, status, outcome, response FROM delivery_attempt"
                        + " WHERE delivery_id = ? ORDER BY number",
                row -> new Attempt(
                        row.getInt("number"),
                        Columns.instant(row, "begun_at"),
                        Duration.ofMillis(row.getInt("took_ms")),
                        row.getObject("status", Integer.class),
                        row.getString("outcome"),
                        row.getString("response")),
                id.value());
    }

    /** Tries again what was given up; returns how many deliveries that is. */
    public int replay(DeliveryId id) {
        return postgres.update(REPLAY + " AND id = ?", id.value());
    }

    /** Tries again all that was given up for a webhook; returns how many deliveries that is. */
    public int replay(WebhookId webhook) {
        return postgres.update(PATIENCE_WITH_ALL, REPLAY + " AND webhook_id = ?", webhook.value());
    }

    /** Takes back all that is on its way to a webhook. */
    public void cancel(WebhookId webhook) {
        postgres.update(
                PATIENCE_WITH_ALL,
                "UPDATE delivery SET state = 'cancelled', next_attempt_at = NULL, ended_at = clock_timestamp()"
                        + " WHERE webhook_id = ? AND state = 'pending'",
                webhook.value());
    }

    private static Delivery read(ResultSet row) throws SQLException {
        UUID webhook = row.getObject("webhook_id", UUID.class);
        return new Delivery(
                new DeliveryId(row.getObject("id", UUID.class)),
                new NoticeId(row.getObject("notice_id", UUID.class)),
                Channel.valueOf(row.getString("channel").toUpperCase(Locale.ROOT)),
                webhook == null ? null : new WebhookId(webhook),
                row.getString("target"),
                State.valueOf(row.getString("state").toUpperCase(Locale.ROOT)),
                row.getInt("attempts"),
                row.getInt("given_up_after"),
                Columns.nullableInstant(row, "next_attempt_at"),
                Columns.nullableInstant(row, "ended_at"));
    }
}
