/**
 * Access to Redis as one server, with Sentinels, or as a Cluster: connections, clocks, scripts and settings.
 *
 * <p>Package {@code active} defines what is stored there. Read {@link io.keylapse.active.redis.RedisConnection} first.
 */
@NullMarked
package io.keylapse.active.redis;

import org.jspecify.annotations.NullMarked;
