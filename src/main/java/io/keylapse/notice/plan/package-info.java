/**
 * Finding out what is to be told, and to whom.
 *
 * <p>Read {@link io.keylapse.notice.plan.NoticePlanner} first; when an owner is warned is in {@link
 * io.keylapse.notice.plan.LeadTimes}.
 */
@NullMarked
package io.keylapse.notice.plan;

import org.jspecify.annotations.NullMarked;
