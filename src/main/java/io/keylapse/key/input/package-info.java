/** Validation of user input: texts, mail addresses, durations and networks, and the exception that lists all violations. */
@NullMarked
package io.keylapse.key.input;

import org.jspecify.annotations.NullMarked;
