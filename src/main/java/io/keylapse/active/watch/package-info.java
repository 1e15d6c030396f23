/**
 * Monitoring of Redis: whether it answers, is configured correctly, and announces expired keys.
 *
 * <p>Correctness does not depend on this package. It keeps subscriptions alive and reports problems to readiness, the log
 * and metrics. Read {@link io.keylapse.active.watch.SubscriptionManager} first.
 */
@NullMarked
package io.keylapse.active.watch;

import org.jspecify.annotations.NullMarked;
