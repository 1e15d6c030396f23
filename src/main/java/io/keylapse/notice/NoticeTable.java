package io.keylapse.notice;

import io.keylapse.key.KeyId;
import io.keylapse.key.input.InvalidInputException;
import io.keylapse.registry.outbox.NoticeId;
import io.keylapse.registry.outbox.NoticeKind;
import io.keylapse.registry.sql.Columns;
import io.keylapse.registry.sql.NamedSql;
import io.keylapse.registry.sql.Postgres;
import io.keylapse.registry.sql.SqlText;
import io.keylapse.registry.sql.page.Cursor;
import io.keylapse.registry.sql.page.Page;
import jakarta.inject.Singleton;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The table of notices. */
@Singleton
public final class NoticeTable {
    private static final String NEWEST_FIRST = "n";
    private static final String SELECT = """
            SELECT id, kind, key_id, version, owner, name, hint, email, language, expires_at,
                lead_ms, successor_id, detail, due_at, written_at FROM notice""";
    private static final String OF_ID = SELECT + " WHERE id = ?";
    private static final String OF_IDS = SELECT + " WHERE id = ANY (?)";
    private static final String LOCK_UNROUTED =
            SELECT + " WHERE routed_at IS NULL ORDER BY id LIMIT ? FOR UPDATE SKIP LOCKED";

    private static final NamedSql INSERT = NamedSql.of("""
            INSERT INTO notice (id, kind, key_id, version, owner, name, hint, email, language, expires_at, lead_ms,
                successor_id, detail, due_at, written_at)
            VALUES (:id, :kind, :key, :version, :owner, :name, :hint, :email, :language, :expiresAt, :lead,
                :successor, :detail, :dueAt, :writtenAt)""");

    private static final String MARK_ROUTED = "UPDATE notice SET routed_at = clock_timestamp() WHERE id = ANY (?)";

    private static final String OLD = """
            SELECT id FROM notice
            WHERE id > ? AND id < ? AND written_at < ? AND routed_at IS NOT NULL
            ORDER BY id LIMIT ?""";

    private static final String LOCK_OVER = """
            SELECT id FROM notice n
            WHERE id = ANY (?)
                AND NOT EXISTS (SELECT FROM delivery WHERE notice_id = n.id AND (ended_at IS NULL OR ended_at >= ?))
                AND NOT (kind = 'renewed' AND EXISTS (SELECT FROM api_key WHERE id = n.key_id AND state = 'active'))
            ORDER BY id FOR UPDATE SKIP LOCKED""";

    private static final String DELETE_DELIVERIES = "DELETE FROM delivery WHERE notice_id = ANY (?) AND ended_at < ?";

    private static final String DELETE = """
            DELETE FROM notice n
            WHERE id = ANY (?) AND NOT EXISTS (SELECT FROM delivery WHERE notice_id = n.id)""";

    /** Must be the expression of the index. No kind contains a colon. */
    private static final String KIND_AND_OWNER = "(kind || ':' || owner)";

    /** A notice gets its id and, later in the same transaction, {@code written_at}. This bounds the time in between. */
    private static final Duration MAX_TRANSACTION = Duration.ofHours(1);

    private final Postgres postgres;

    NoticeTable(Postgres postgres) {
        this.postgres = postgres;
    }

    /**
     * A filter. Null fields match every notice.
     *
     * @param from the earliest {@code writtenAt}, inclusive
     * @param to the latest {@code writtenAt}, exclusive
     */
    public record Filter(
            @Nullable String owner,
            @Nullable KeyId keyId,
            @Nullable NoticeKind kind,
            @Nullable Instant from,
            @Nullable Instant to) {
        public Filter {
            if (from != null && to != null && from.isAfter(to)) {
                throw new InvalidInputException("from", "must not be after to");
            }
        }
    }

    /**
     * A page of notices, newest first.
     *
     * @throws InvalidInputException if the cursor belongs to another list
     */
    public Page<Notice> page(Filter filter, @Nullable Cursor cursor, int limit) {
        String kind = filter.kind() == null ? null : filter.kind().word();
        String owner = filter.owner();
        Instant from = filter.from();
        String column = owner == null ? "kind" : kind == null ? "owner" : KIND_AND_OWNER;
        String value = owner == null ? kind : kind == null ? owner : kind + ":" + owner;
        boolean alone = filter.keyId() != null || value == null;
        SqlText query = SqlText.of(SELECT)
                .plus(SqlText.where(
                        SqlText.when(
                                filter.keyId() == null ? null : filter.keyId().value(), "key_id = ?"),
                        SqlText.led(column, value),
                        SqlText.when(filter.from(), "written_at >= ?"),
                        SqlText.when(filter.to(), "written_at < ?"),
                        SqlText.when(from == null ? null : firstId(from.minus(MAX_TRANSACTION)), "id >= ?"),
                        SqlText.when(filter.to() == null ? null : firstId(filter.to()), "id < ?"),
                        SqlText.when(
                                cursor == null
                                        ? null
                                        : cursor.expecting(NEWEST_FIRST, 1).uuid(0),
                                "id < ?")))
                // Ordered by all columns of one index, so that Postgres uses it, as in BlacklistHistory. A key has few
                // notices.
                .plus(" ORDER BY " + (alone ? "" : column + " DESC, ") + "id DESC LIMIT ?", limit + 1);
        List<Notice> found = postgres.query(
                query.sql(), NoticeTable::read, query.parameters().toArray());
        return Page.of(found, limit, last -> Cursor.of(NEWEST_FIRST, last.id().value()));
    }

    /**
     * A lower bound for the ids of notices made at this instant or later. Ids start with the time by Postgres's clock, which
     * is assumed not to go back.
     */
    private static UUID firstId(Instant at) {
        return new UUID(Math.max(0, at.toEpochMilli()) << 16, 0);
    }

    /** The notice with this id. */
    public Optional<Notice> find(NoticeId id) {
        return postgres.queryFirst(OF_ID, NoticeTable::read, id.value());
    }

    /** The notices with these ids, in no particular order. */
    public List<Notice> find(Collection<NoticeId> ids) {
        return postgres.query(OF_IDS, NoticeTable::read, (Object)
                ids.stream().map(NoticeId::value).toArray(UUID[]::new));
    }

    /**
     * Locks up to {@code limit} notices that have no deliveries yet, until the transaction ends. Skips those that others
     * have locked.
     */
    public List<Notice> lockUnrouted(int limit) {
        return postgres.query(LOCK_UNROUTED, NoticeTable::read, limit);
    }

    /** Adds a notice. The caller routes it in the same transaction. */
    public void insert(Notice notice) {
        postgres.update(INSERT.with("id", notice.id().value())
                .with("kind", notice.kind().word())
                .with("key", notice.keyId().value())
                .with("version", notice.version())
                .with("owner", notice.owner())
                .with("name", notice.name())
                .with("hint", notice.hint())
                .with("email", notice.email())
                .with("language", notice.language())
                .with("expiresAt", notice.expiresAt())
                .with(
                        "lead",
                        notice.leadTime() == null ? null : notice.leadTime().toMillis())
                .with(
                        "successor",
                        notice.successorId() == null
                                ? null
                                : notice.successorId().value())
                .with("detail", notice.detail())
                .with("dueAt", notice.dueAt())
                .with("writtenAt", notice.writtenAt()));
    }

    /** Marks notices as routed: their deliveries exist. */
    public void markRouted(List<Notice> notices) {
        postgres.update(MARK_ROUTED, (Object)
                notices.stream().map(each -> each.id().value()).toArray(UUID[]::new));
    }

    /**
     * Removes one batch of old notices, in the caller's transaction: takes the next notices written before an instant, in
     * order, and removes those whose deliveries have all ended before it, with these deliveries. The renewals of active keys
     * are kept, because lead times count from them.
     *
     * @param after the last notice of the previous batch; empty to start with the oldest
     * @return the last notice of this batch, removed or not; empty if there are no more
     */
    public Optional<NoticeId> removeOld(Instant before, Optional<NoticeId> after, int limit) {
        UUID from = after.map(NoticeId::value).orElse(new UUID(0, 0));
        // Ids start with the instant at which they were made, which is never later than written_at.
        List<UUID> old = postgres.query(OLD, row -> row.getObject(1, UUID.class), from, firstId(before), before, limit);
        if (old.isEmpty()) {
            return Optional.empty();
        }
        UUID[] over = postgres.query(
                        LOCK_OVER, row -> row.getObject(1, UUID.class), (Object) old.toArray(UUID[]::new), before)
                .toArray(UUID[]::new);
        postgres.update(DELETE_DELIVERIES, (Object) over, before);
        postgres.update(DELETE, (Object) over);
        return Optional.of(new NoticeId(old.getLast()));
    }

    private static Notice read(ResultSet row) throws SQLException {
        UUID successor = row.getObject("successor_id", UUID.class);
        Long lead = row.getObject("lead_ms", Long.class);
        return new Notice(
                new NoticeId(row.getObject("id", UUID.class)),
                NoticeKind.of(row.getString("kind")),
                new KeyId(row.getObject("key_id", UUID.class)),
                row.getInt("version"),
                row.getString("owner"),
                row.getString("name"),
                row.getString("hint"),
                row.getString("email"),
                row.getString("language"),
                Columns.nullableInstant(row, "expires_at"),
                lead == null ? null : Duration.ofMillis(lead),
                successor == null ? null : new KeyId(successor),
                row.getString("detail"),
                Columns.instant(row, "due_at"),
                Columns.instant(row, "written_at"));
    }
}
