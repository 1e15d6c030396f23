/**
 * What may be asked for: the rules that a key, its details and its deadline must keep.
 *
 * <p>Read {@link io.keylapse.lifecycle.rules.KeyRules} first.
 */
@NullMarked
package io.keylapse.lifecycle.rules;

import org.jspecify.annotations.NullMarked;
