package io.keylapse.active.redis;

/**
 * A Redis server that takes writes: the only one, the master that the Sentinels name, or one primary of a Cluster.
 *
 * @param id what it is known by for as long as it is the same place to write to; a fail-over may put another process
 *     behind it
 * @param tag what in braces makes a key's name belong to it; empty when there is only one
 */
public record Primary(String id, String tag) {
    /** Where there is but one place to write to. */
    static final Primary ONLY = new Primary("redis", "");
}
