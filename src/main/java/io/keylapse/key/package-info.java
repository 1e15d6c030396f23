/**
 * What a key is: its text form, its digest, its public id and the words for its states.
 *
 * <p>Depends on nothing but the JDK and JSpecify, so everything else may depend on it. Read {@link
 * io.keylapse.key.KeyFormat} first.
 */
@NullMarked
package io.keylapse.key;

import org.jspecify.annotations.NullMarked;
