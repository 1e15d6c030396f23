package io.keylapse.active.redis;

/**
 * A Redis server that takes writes: the only one, the master that the Sentinels name, or one primary of a Cluster.
 *
 * @param id what it is known by for as long as it is the same place to write to: in a Cluster the id of the node. A
 *     fail-over by Sentinels puts another process behind it, one in a Cluster makes another id take over the tag
 * @param tag what in braces makes a key's name belong to it; empty when there is only one
 */
public record Primary(String id, String tag) {
    /** Where there is but one place to write to. */
    static final Primary ONLY = new Primary("redis", "");

    /** Who has a slot that no primary is known to have. Nothing can be sent there. */
    static final Primary UNKNOWN = new Primary("unknown", "");
}
