package io.keylapse.notice.webhook;

import io.keylapse.key.input.InvalidInputException;
import io.keylapse.notice.WebhookId;
import io.keylapse.registry.outbox.NoticeKind;
import io.keylapse.registry.sql.Columns;
import io.keylapse.registry.sql.NamedSql;
import io.keylapse.registry.sql.Postgres;
import io.keylapse.registry.sql.SqlText;
import io.keylapse.registry.sql.page.Cursor;
import io.keylapse.registry.sql.page.Page;
import jakarta.inject.Singleton;
import java.net.URI;
import java.net.URISyntaxException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The table of webhooks and their secrets. */
@Singleton
public final class WebhookTable {
    private static final String NEWEST_FIRST = "w";
    private static final String COLUMNS =
            "id, url, description, kinds, owners, created_at, disabled_at, disabled_because";

    private static final NamedSql INSERT = NamedSql.of("INSERT INTO webhook (" + COLUMNS + """
            , secret)
            VALUES (:id, :url, :description, :kinds, :owners, :createdAt, :disabledAt, :disabledBecause, :secret)""");

    private static final NamedSql UPDATE = NamedSql.of("""
            UPDATE webhook
            SET url = :url, description = :description, kinds = :kinds, owners = :owners,
                disabled_at = :disabledAt, disabled_because = :disabledBecause
            WHERE id = :id""");

    private static final String DISABLE = """
            UPDATE webhook SET disabled_at = clock_timestamp(), disabled_because = ?
            WHERE id = ? AND disabled_at IS NULL""";

    private static final String REPLACE_SECRET = """
            UPDATE webhook
            SET former_secret = secret, former_until = clock_timestamp() + ?::interval, secret = ?
            WHERE id = ?""";

    private static final String DELETE = """
            UPDATE webhook
            SET deleted_at = clock_timestamp(), secret = '', former_secret = NULL, former_until = NULL,
                disabled_at = coalesce(disabled_at, clock_timestamp()),
                disabled_because = coalesce(disabled_because, 'deleted')
            WHERE id = ? AND deleted_at IS NULL""";

    private static final String SECRETS = """
            SELECT secret, CASE WHEN former_until > clock_timestamp() THEN former_secret END
            FROM webhook WHERE id = ?""";

    private static final String OF_ID = "SELECT " + COLUMNS + " FROM webhook WHERE id = ? AND deleted_at IS NULL";
    private static final String LOCK = OF_ID + " FOR UPDATE";

    private static final String ALL = "SELECT " + COLUMNS + " FROM webhook WHERE deleted_at IS NULL ORDER BY id DESC";

    private static final String WITH_DUE_DELIVERIES = """
            FROM webhook w
            WHERE disabled_at IS NULL AND EXISTS (SELECT FROM delivery
                WHERE channel = 'webhook' AND webhook_id = w.id AND state = 'pending'
                    AND next_attempt_at <= statement_timestamp())""";

    /** Condition of a statement: whether an enabled webhook has due deliveries. */
    public static final String CALL_IS_DUE = "EXISTS (SELECT " + WITH_DUE_DELIVERIES + ")";

    private static final String DUE = "SELECT " + COLUMNS + " " + WITH_DUE_DELIVERIES;

    private final Postgres postgres;

    WebhookTable(Postgres postgres) {
        this.postgres = postgres;
    }

    /** The encrypted secrets. The former one is null unless it is still in use. */
    @SuppressWarnings("ArrayRecordComponent") // never compared as a record
    record Sealed(byte[] secret, byte @Nullable [] former) {}

    void insert(Webhook webhook, byte[] sealedSecret) {
        postgres.update(INSERT.with("id", webhook.id().value())
                .with("url", webhook.url().toString())
                .with("description", webhook.description())
                .with("kinds", words(webhook.kinds()))
                .with("owners", webhook.owners().toArray(String[]::new))
                .with("createdAt", webhook.createdAt())
                .with("disabledAt", webhook.disabledAt())
                .with("disabledBecause", webhook.disabledBecause())
                .with("secret", sealedSecret));
    }

    void update(Webhook webhook) {
        postgres.update(UPDATE.with("url", webhook.url().toString())
                .with("description", webhook.description())
                .with("kinds", words(webhook.kinds()))
                .with("owners", webhook.owners().toArray(String[]::new))
                .with("disabledAt", webhook.disabledAt())
                .with("disabledBecause", webhook.disabledBecause())
                .with("id", webhook.id().value()));
    }

    /** Disables a webhook, unless it is disabled already. */
    void disable(WebhookId id, String because) {
        postgres.update(DISABLE, because, id.value());
    }

    void replaceSecret(WebhookId id, byte[] sealedSecret, Duration overlap) {
        postgres.update(REPLACE_SECRET, overlap.toString(), sealedSecret, id.value());
    }

    boolean delete(WebhookId id) {
        return postgres.update(DELETE, id.value()) == 1;
    }

    Optional<Sealed> secrets(WebhookId id) {
        return postgres.queryFirst(SECRETS, row -> new Sealed(row.getBytes(1), row.getBytes(2)), id.value());
    }

    /**
     * A page of webhooks, newest first.
     *
     * @param owner null, or an owner: then only webhooks that get notices about this owner's keys
     * @throws InvalidInputException if the cursor belongs to another list
     */
    public Page<Webhook> page(@Nullable String owner, @Nullable Cursor cursor, int limit) {
        SqlText query = SqlText.of("SELECT " + COLUMNS + " FROM webhook")
                .plus(SqlText.where(
                        SqlText.of("deleted_at IS NULL"),
                        SqlText.when(owner, "(owners = '{}' OR ? = ANY (owners))"),
                        SqlText.when(
                                cursor == null
                                        ? null
                                        : cursor.expecting(NEWEST_FIRST, 1).uuid(0),
                                "id < ?")))
                .plus(" ORDER BY id DESC LIMIT ?", limit + 1);
        List<Webhook> found = postgres.query(
                query.sql(), WebhookTable::read, query.parameters().toArray());
        return Page.of(found, limit, last -> Cursor.of(NEWEST_FIRST, last.id().value()));
    }

    /** The webhook with this id. */
    public Optional<Webhook> find(WebhookId id) {
        return postgres.queryFirst(OF_ID, WebhookTable::read, id.value());
    }

    Optional<Webhook> lock(WebhookId id) {
        return postgres.queryFirst(LOCK, WebhookTable::read, id.value());
    }

    /** All webhooks, newest first. */
    public List<Webhook> all() {
        return postgres.query(ALL, WebhookTable::read);
    }

    /** The enabled webhooks that have due deliveries. */
    List<Webhook> due() {
        return postgres.query(DUE, WebhookTable::read);
    }

    private static String[] words(List<NoticeKind> kinds) {
        return kinds.stream().map(NoticeKind::word).toArray(String[]::new);
    }

    /** The URL of a webhook. An invalid one, such as one written directly to the table, becomes one that cannot be called. */
    private static URI url(String text) {
        try {
            return new URI(text);
        } catch (URISyntaxException e) {
            return WebhookClient.uncallable(text);
        }
    }

    private static Webhook read(ResultSet row) throws SQLException {
        return new Webhook(
                new WebhookId(row.getObject("id", UUID.class)),
                url(row.getString("url")),
                row.getString("description"),
                Stream.of((String[]) row.getArray("kinds").getArray())
                        .map(NoticeKind::of)
                        .toList(),
                List.of((String[]) row.getArray("owners").getArray()),
                Columns.instant(row, "created_at"),
                Columns.nullableInstant(row, "disabled_at"),
                row.getString("disabled_because"));
    }
}
