/**
 * Notices to key owners: a key expires soon, has expired, or was revoked, rotated or renewed.
 *
 * <p>A {@link io.keylapse.notice.Notice} is written to Postgres once. Each receiver gets a delivery of its own, which is
 * retried until it succeeds or is given up. {@code plan} decides which notices are due and who receives them, {@code
 * delivery} sends and retries them, and {@code webhook} and {@code mail} are the channels. Read {@link
 * io.keylapse.notice.Notice} first, then {@link io.keylapse.notice.plan.NoticePlanner}.
 */
@NullMarked
package io.keylapse.notice;

import org.jspecify.annotations.NullMarked;
