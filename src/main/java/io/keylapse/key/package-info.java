/**
 * Value types of a key: its text, digest, name, public id and state.
 *
 * <p>Depends only on the JDK and JSpecify, so every other package may depend on it. Read {@link io.keylapse.key.KeyFormat}
 * first.
 */
@NullMarked
package io.keylapse.key;

import org.jspecify.annotations.NullMarked;
