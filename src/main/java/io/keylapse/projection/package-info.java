/** Projection of keys in Postgres to entries in Redis. One class: {@link io.keylapse.projection.Projection}. */
@NullMarked
package io.keylapse.projection;

import org.jspecify.annotations.NullMarked;
