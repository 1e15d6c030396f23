/**
 * How Redis is reached, be it one server, one that Sentinels watch over, or a Cluster: its connections, its clock, its
 * settings. What is kept there is the package above's. Read {@link io.keylapse.active.redis.RedisConnection} first.
 */
@NullMarked
package io.keylapse.active.redis;

import org.jspecify.annotations.NullMarked;
