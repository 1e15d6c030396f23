package io.keylapse.history;

import java.util.UUID;

/**
 * Identity of a Postgres database and its commits. Databases with equal histories have the same changes at the same
 * positions, up to the shorter one.
 *
 * @param installation random id, written once by a migration; dumps and standbys have the same
 * @param system system identifier of Postgres, created by {@code initdb}; standbys and copies of the files have the same
 * @param timeline timeline of Postgres, which grows when a standby is promoted
 * @param database object id of the database; {@code CREATE DATABASE} makes a new one
 * @param schema object id of the schema
 * @param table object id of the table of keys; restoring a dump with {@code --clean} makes a new one
 */
public record History(UUID installation, long system, int timeline, long database, long schema, long table) {

    /** Whether this history began with the promotion of a standby of the other, directly or in several steps. */
    public boolean supersedes(History other) {
        return installation.equals(other.installation) && supersedes(other.system, other.timeline);
    }

    /** The same for a server whose installation is not known yet. */
    boolean supersedes(long otherSystem, int otherTimeline) {
        return system == otherSystem && timeline > otherTimeline;
    }
}
