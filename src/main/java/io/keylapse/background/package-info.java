/**
 * Background tasks, such as the change feed and the expiry recorder. Each runs in a {@link
 * io.keylapse.background.BackgroundLoop}, which survives every failure. {@link io.keylapse.background.LoopRegistry} reports
 * all of them in metrics and readiness.
 */
@NullMarked
package io.keylapse.background;

import org.jspecify.annotations.NullMarked;
