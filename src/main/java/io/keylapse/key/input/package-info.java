/**
 * Text forms of input: validation of texts, mail addresses, durations, instants and networks, and the exception that lists all
 * violations. {@link io.keylapse.key.input.Rfc3339} and {@link io.keylapse.key.input.IsoDuration} also write instants and
 * durations, for every package.
 */
@NullMarked
package io.keylapse.key.input;

import org.jspecify.annotations.NullMarked;
