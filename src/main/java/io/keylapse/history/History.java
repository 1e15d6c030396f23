package io.keylapse.history;

import java.util.UUID;

/**
 * The identity of a Postgres database and of its past. Two that are equal have the same changes at the same positions, as
 * far as both go.
 *
 * @param installation a random id, written once by a migration; dumps and standbys carry it along
 * @param system Postgres's system identifier, made by {@code initdb}; standbys and copies of the files share it
 * @param timeline Postgres's timeline, which a standby raises when it is promoted
 * @param database its object id in Postgres; another one after {@code CREATE DATABASE}
 * @param schema the object id of the schema
 * @param table the object id of the table of keys; another one after a dump was restored with {@code --clean}
 */
public record History(UUID installation, long system, int timeline, long database, long schema, long table) {

    /** Whether it began when a standby of the other, or of one before it, was promoted. */
    public boolean supersedes(History other) {
        return installation.equals(other.installation) && supersedes(other.system, other.timeline);
    }

    /** The same of a server whose installation has not been asked for. */
    boolean supersedes(long otherSystem, int otherTimeline) {
        return system == otherSystem && timeline > otherTimeline;
    }
}
