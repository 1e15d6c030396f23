/**
 * Background tasks: work that nobody asked for and that the promises stand on, such as recording expiries. Each runs in a
 * {@link io.keylapse.background.BackgroundLoop}, which survives every failure; {@link
 * io.keylapse.background.LoopRegistry} knows all that run, for metrics and readiness.
 */
@NullMarked
package io.keylapse.background;

import org.jspecify.annotations.NullMarked;
