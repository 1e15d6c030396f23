/**
 * Which installation and which history a Redis belongs to.
 *
 * <p>Read {@link io.keylapse.sync.owner.Ownership} first.
 */
@NullMarked
package io.keylapse.sync.owner;

import org.jspecify.annotations.NullMarked;
