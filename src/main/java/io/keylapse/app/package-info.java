/**
 * The program: {@code main}, its commands, and the beans that belong to no feature.
 *
 * <p>Read {@link io.keylapse.app.Keylapse} first.
 */
@NullMarked
package io.keylapse.app;

import org.jspecify.annotations.NullMarked;
