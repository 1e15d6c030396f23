package io.keylapse.expiry;

import io.keylapse.registry.migration.SchemaVersion;
import io.keylapse.registry.sql.Postgres;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.List;
import java.util.UUID;

/** Which nodes hear what expires. */
@Singleton
public final class NodeTable {
    /** Who has not been heard of for so long is taken for gone. */
    public static final Duration GONE_AFTER = Duration.ofMillis(1_500);

    private final Postgres postgres;

    NodeTable(Postgres postgres) {
        this.postgres = postgres;
    }

    /** Says that this node hears. */
    public void greet(UUID self) {
        postgres.update(
                "INSERT INTO node (id, seen_at, knows) VALUES (?, clock_timestamp(), " + SchemaVersion.LATEST + ")"
                        + " ON CONFLICT (id) DO UPDATE SET seen_at = EXCLUDED.seen_at",
                self);
    }

    /** All that hear, the one that was the first to do so first. */
    public List<UUID> present() {
        return postgres.query(
                "SELECT id FROM node WHERE seen_at > clock_timestamp() - ?::interval ORDER BY since, id",
                row -> row.getObject(1, UUID.class),
                GONE_AFTER.toString());
    }

    /** Says that this node is leaving, and forgets those that never said so. */
    public void leave(UUID self) {
        postgres.update("DELETE FROM node WHERE id = ? OR seen_at < clock_timestamp() - interval '1 hour'", self);
    }
}
