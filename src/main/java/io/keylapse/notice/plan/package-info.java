/**
 * Planning of notices: which are due, and who receives them.
 *
 * <p>Read {@link io.keylapse.notice.plan.NoticePlanner} first; {@link io.keylapse.notice.plan.LeadTimes} decides how long
 * before a deadline an owner is notified.
 */
@NullMarked
package io.keylapse.notice.plan;

import org.jspecify.annotations.NullMarked;
