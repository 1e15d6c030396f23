package io.keylapse.notice.delivery;

import io.keylapse.notice.WebhookId;
import io.keylapse.notice.delivery.Delivery.Channel;
import io.keylapse.notice.delivery.Delivery.State;
import io.keylapse.registry.outbox.NoticeId;
import io.keylapse.registry.sql.Columns;
import io.keylapse.registry.sql.NamedSql;
import io.keylapse.registry.sql.Postgres;
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
import org.jspecify.annotations.Nullable;

/**
 * The table of deliveries. Nodes claim due deliveries from it, so that normally no two nodes send the same one. {@link
 * DeliveryListing} lists it.
 */
@Singleton
public final class DeliveryTable {
    /** The timeout for a statement on all deliveries of a webhook, which may be a million. */
    private static final Duration TIMEOUT_FOR_ALL = Duration.ofSeconds(25);

    /** The lease of a claim. After it, the attempt counts as lost, and so does the node that made it. */
    private static final Duration LEASE = Duration.ofSeconds(60);

    /** Longer, because mail servers can be slow to respond. */
    private static final Duration MAIL_LEASE = Duration.ofMinutes(10);

    private static final int MAX_ATTEMPTS_KEPT = 100;

    static final String COLUMNS = "id, notice_id, channel, webhook_id, target, state, attempts, given_up_after,"
            + " next_attempt_at, ended_at";
    private static final String CLAIM = """
            UPDATE delivery
            SET attempts = attempts + 1, next_attempt_at = clock_timestamp() + ?::interval
            WHERE id IN (
                SELECT id FROM delivery
                WHERE %s AND state = 'pending' AND next_attempt_at <= statement_timestamp()
                ORDER BY next_attempt_at LIMIT ? FOR UPDATE SKIP LOCKED
            )
            RETURNING\s""" + COLUMNS;
    private static final String CLAIM_FOR_WEBHOOK = CLAIM.replace(
            "%s",
            "channel = 'webhook' AND webhook_id = ?"
                    + " AND EXISTS (SELECT FROM webhook w WHERE w.id = webhook_id AND disabled_at IS NULL)");
    private static final String CLAIM_MAIL = CLAIM.replace("%s", "channel = 'email'");

    /** The deletion of the webhook waits for this transaction, and cancels what it has added. */
    private static final String AGAINST_DELETION = " FOR KEY SHARE";

    // The retry schedule starts again, and the numbers of attempts continue.
    private static final String REPLAY = """
            UPDATE delivery
            SET state = 'pending', next_attempt_at = clock_timestamp(), ended_at = NULL, given_up_after = attempts
            WHERE state = 'dead' AND (channel = 'email'
                OR EXISTS (SELECT FROM webhook w WHERE w.id = webhook_id AND deleted_at IS NULL""" + AGAINST_DELETION + "))";
    private static final String REPLAY_ONE = REPLAY + " AND id = ?";
    private static final String REPLAY_ALL = REPLAY + " AND webhook_id = ?";

    private static final String ADD_MAIL =
            "INSERT INTO delivery (id, notice_id, channel, target, next_attempt_at) VALUES (?, ?, 'email', ?, ?)";

    private static final String ADD_CALL = """
            INSERT INTO delivery (id, notice_id, channel, webhook_id, target, next_attempt_at)
            SELECT ?, ?, 'webhook', id, ?, ?
            FROM webhook WHERE id = ? AND deleted_at IS NULL""" + AGAINST_DELETION;

    /** Condition of a statement: whether any mail is due. */
    public static final String MAIL_IS_DUE = """
            EXISTS (SELECT FROM delivery
                WHERE channel = 'email' AND state = 'pending' AND next_attempt_at <= statement_timestamp())""";

    private static final String IS_MAIL_DUE = "SELECT " + MAIL_IS_DUE;

    private static final NamedSql ADD_ATTEMPT = NamedSql.of("""
            INSERT INTO delivery_attempt (delivery_id, number, begun_at, took_ms, status, outcome, response)
            VALUES (:delivery, :number, :begunAt, :took, :status, :outcome, :response)
            ON CONFLICT DO NOTHING""");

    private static final String DELETE_ATTEMPTS = "DELETE FROM delivery_attempt WHERE delivery_id = ? AND number <= ?";

    // Only if the delivery was not cancelled, and not claimed again after this attempt counted as lost.
    private static final String FINISH = """
            UPDATE delivery
            SET state = ?, next_attempt_at = clock_timestamp() + ?::interval,
                ended_at = CASE WHEN ?::interval IS NULL THEN clock_timestamp() END,
                given_up_after = given_up_after + ?
            WHERE id = ? AND state = 'pending' AND attempts = ?""";

    private static final String OF_ID = "SELECT " + COLUMNS + " FROM delivery WHERE id = ?";

    private static final String OF_NOTICES =
            "SELECT " + COLUMNS + " FROM delivery WHERE notice_id = ANY (?) ORDER BY id";

    private static final String ATTEMPTS = """
            SELECT number, begun_at, took_ms, status, outcome, response
            FROM delivery_attempt WHERE delivery_id = ? ORDER BY number""";

    private static final String CANCEL = """
            UPDATE delivery SET state = 'cancelled', next_attempt_at = NULL, ended_at = clock_timestamp()
            WHERE webhook_id = ? AND state = 'pending'""";

    private final Postgres postgres;

    DeliveryTable(Postgres postgres) {
        this.postgres = postgres;
    }

    /** Adds a mail that is due now. */
    public void addMail(NoticeId notice, String address, Instant now) {
        postgres.update(ADD_MAIL, DeliveryId.generate(now).value(), notice.value(), address, now);
    }

    /** Adds a webhook call that is due now, unless the webhook was deleted meanwhile. */
    public void addCall(NoticeId notice, WebhookId webhook, String url, Instant now) {
        postgres.update(ADD_CALL, DeliveryId.generate(now).value(), notice.value(), url, now, webhook.value());
    }

    /** Claims up to {@code limit} due deliveries to a webhook. */
    public List<Delivery> claim(WebhookId webhook, int limit) {
        return postgres.query(CLAIM_FOR_WEBHOOK, DeliveryTable::read, LEASE.toString(), webhook.value(), limit);
    }

    /** Claims up to {@code limit} due mails. */
    public List<Delivery> claimMail(int limit) {
        return postgres.query(CLAIM_MAIL, DeliveryTable::read, MAIL_LEASE.toString(), limit);
    }

    /** Whether any mail is due. */
    public boolean isMailDue() {
        return postgres.queryFirst(IS_MAIL_DUE, row -> row.getBoolean(1)).orElse(false);
    }

    /**
     * Records the outcome of an attempt.
     *
     * @param claimed the delivery as it was claimed for this attempt
     * @param pause the time until the next attempt; null for none
     * @param counts whether the attempt counts towards giving up. Attempts that do not are unlimited, so only the last 100
     *     are kept
     */
    void finish(Delivery claimed, Attempt attempt, State state, @Nullable Duration pause, boolean counts) {
        postgres.inTransaction(() -> {
            postgres.update(ADD_ATTEMPT
                    .with("delivery", claimed.id().value())
                    .with("number", attempt.number())
                    .with("begunAt", attempt.begunAt())
                    .with("took", (int) attempt.took().toMillis())
                    .with("status", attempt.status())
                    .with("outcome", attempt.outcome())
                    .with("response", attempt.response()));
            if (!counts && attempt.number() > MAX_ATTEMPTS_KEPT) {
                postgres.update(DELETE_ATTEMPTS, claimed.id().value(), attempt.number() - MAX_ATTEMPTS_KEPT);
            }
            return postgres.update(
                    FINISH,
                    state.word(),
                    pause == null ? null : pause.toString(),
                    pause == null ? null : pause.toString(),
                    counts ? 0 : 1,
                    claimed.id().value(),
                    attempt.number());
        });
    }

    /** The delivery with this id. */
    public Optional<Delivery> find(DeliveryId id) {
        return postgres.queryFirst(OF_ID, DeliveryTable::read, id.value());
    }

    /** All deliveries of these notices, oldest first. */
    public List<Delivery> of(Collection<NoticeId> notices) {
        return postgres.query(OF_NOTICES, DeliveryTable::read, (Object)
                notices.stream().map(NoticeId::value).toArray(UUID[]::new));
    }

    /** The attempts of a delivery, in order. */
    public List<Attempt> attempts(DeliveryId id) {
        return postgres.query(
                ATTEMPTS,
                row -> new Attempt(
                        row.getInt("number"),
                        Columns.instant(row, "begun_at"),
                        Duration.ofMillis(row.getInt("took_ms")),
                        row.getObject("status", Integer.class),
                        row.getString("outcome"),
                        row.getString("response")),
                id.value());
    }

    /**
     * Makes a dead delivery pending again, due now.
     *
     * @return the number of deliveries: 1, or 0 if it is not dead
     */
    public int replay(DeliveryId id) {
        return postgres.update(REPLAY_ONE, id.value());
    }

    /**
     * Makes all dead deliveries to a webhook pending again, due now.
     *
     * @return the number of deliveries
     */
    public int replay(WebhookId webhook) {
        return postgres.update(TIMEOUT_FOR_ALL, REPLAY_ALL, webhook.value());
    }

    /** Cancels all pending deliveries to a webhook. */
    public void cancel(WebhookId webhook) {
        postgres.update(TIMEOUT_FOR_ALL, CANCEL, webhook.value());
    }

    static Delivery read(ResultSet row) throws SQLException {
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
