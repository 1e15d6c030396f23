/**
 * Endings: which keys are due to end, and the rows of the blacklist that record how keys ended.
 *
 * <p>Read {@link io.keylapse.registry.ending.BlacklistTable} first. {@code io.keylapse.blacklist} reads what is recorded here.
 */
@NullMarked
package io.keylapse.registry.ending;

import org.jspecify.annotations.NullMarked;
