package io.keylapse.registry.audit;

import io.keylapse.registry.sql.NamedSql;
import io.keylapse.registry.sql.Postgres;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.List;
import java.util.UUID;

/**
 * The append-only table of who changed what, and who was refused. A change is recorded in its own transaction, so an entry
 * exists if and only if the change was committed. It never contains values of fields.
 */
@Singleton
public final class AuditTrail {
    private static final NamedSql ADD = NamedSql.of("""
            INSERT INTO audit (id, at, count, actor, actor_name, action, target, changes, outcome, address, request_id)
            SELECT entry.id, :at::timestamptz, :count, :actor, :actorName::text, :action, entry.target, :changes::text[],
                'done', :address::text, :requestId::text
            FROM unnest(:ids::uuid[], :targets::text[]) AS entry (id, target)""");

    private static final NamedSql ADD_REFUSED = NamedSql.of("""
            INSERT INTO audit (id, at, count, actor, actor_name, action, target, changes, outcome, code,
                address, request_id)
            VALUES (:id, :at, :count, :actor, :actorName, :action, :target, '{}', 'refused', :code,
                :address, :requestId)
            ON CONFLICT (id) DO UPDATE SET count = excluded.count, code = excluded.code
            WHERE excluded.count > audit.count""");

    private static final String ALLOW_REMOVAL = "SELECT set_config('keylapse.audit_retention', 'on', true)";

    private static final String REMOVE = """
            DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE id < ? ORDER BY id LIMIT ?)""";

    private final Postgres postgres;

    AuditTrail(Postgres postgres) {
        this.postgres = postgres;
    }

    /**
     * Records a change. Call it in the transaction of the change.
     *
     * @param target the id of what was changed
     * @param changes the names of the changed fields, as in the API; empty unless a part was changed
     */
    public void add(Actor by, AuditAction action, Object target, Instant at, String... changes) {
        add(by, action, List.of(target.toString()), 1, at, changes);
    }

    /** Records the same change of each of these, one entry for each. Call it in the transaction of the change. */
    public void addEach(Actor by, AuditAction action, List<String> targets, Instant at) {
        if (!targets.isEmpty()) {
            add(by, action, targets, 1, at);
        }
    }

    /** Records a change of several keys as one entry. Call it in the transaction of the change. */
    public void addCounted(Actor by, AuditAction action, String target, int count, Instant at) {
        add(by, action, List.of(target), count, at);
    }

    private void add(Actor by, AuditAction action, List<String> targets, int count, Instant at, String... changes) {
        postgres.update(ADD.with("at", at)
                .with("count", count)
                .with("actor", by.id())
                .with("actorName", by.name())
                .with("action", action.word())
                .with("changes", changes)
                .with("address", by.address())
                .with("requestId", by.requestId())
                .with(
                        "ids",
                        targets.stream().map(_ -> AuditId.generate(at).value()).toArray(UUID[]::new))
                .with("targets", targets.toArray(String[]::new)));
    }

    /** Records refused calls, or sets the count of an entry that has been recorded with a lower one. */
    public void addRefused(AuditEntry entry) {
        postgres.update(ADD_REFUSED
                .with("id", entry.id().value())
                .with("at", entry.at())
                .with("count", entry.count())
                .with("actor", entry.actor())
                .with("actorName", entry.actorName())
                .with("action", entry.action())
                .with("target", entry.target())
                .with("code", entry.code())
                .with("address", entry.address())
                .with("requestId", entry.requestId()));
    }

    /**
     * Removes the oldest entries before this instant. Call it in a transaction.
     *
     * @param limit the maximum number of entries
     * @return the number of entries
     */
    public int removeBefore(Instant instant, int limit) {
        var _ = postgres.queryFirst(ALLOW_REMOVAL, row -> row.getString(1));
        return postgres.update(REMOVE, AuditId.firstAt(instant), limit);
    }
}
