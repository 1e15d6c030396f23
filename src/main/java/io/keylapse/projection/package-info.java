/** What Redis should hold for a key as Postgres has it. One class, {@link io.keylapse.projection.Projection}. */
@NullMarked
package io.keylapse.projection;

import org.jspecify.annotations.NullMarked;
