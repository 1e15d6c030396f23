/**
 * Validation rules for keys, their details and their deadlines.
 *
 * <p>Read {@link io.keylapse.lifecycle.rules.KeyRules} first.
 */
@NullMarked
package io.keylapse.lifecycle.rules;

import org.jspecify.annotations.NullMarked;
