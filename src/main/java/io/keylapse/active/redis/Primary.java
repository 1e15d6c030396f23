package io.keylapse.active.redis;

/**
 * Redis server that accepts writes: the only server, the master that the Sentinels name, or one primary of a Cluster.
 *
 * @param id stable identity; in a Cluster the id of the node. After a fail-over by Sentinels the same id stands for another
 *     process. After a fail-over in a Cluster another id has the tag
 * @param tag hash tag whose slot belongs to this primary: a name with the tag in braces is stored there. Empty if there is
 *     only one primary
 */
public record Primary(String id, String tag) {
    /** The primary of a single server, or of Sentinels. */
    static final Primary ONLY = new Primary("redis", "");

    /** Placeholder for the owner of a slot that no known primary owns. Nothing can be sent to it. */
    static final Primary UNKNOWN = new Primary("unknown", "");
}
