/**
 * Telling owners that a key expires soon, has expired, or was ended or renewed by somebody.
 *
 * <p>A {@link io.keylapse.notice.Notice} is written once, in Postgres, and then goes to each receiver by a delivery of its
 * own, tried until it arrives or is given up. {@code plan} finds out what is to be told and to whom, {@code delivery}
 * carries it, {@code webhook} and {@code mail} are the ways it can go. Read {@link io.keylapse.notice.Notice} first, then
 * {@link io.keylapse.notice.plan.NoticePlanner}.
 */
@NullMarked
package io.keylapse.notice;

import org.jspecify.annotations.NullMarked;
