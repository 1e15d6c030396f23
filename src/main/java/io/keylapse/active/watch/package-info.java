/**
 * Whether Redis does what it must: answers, is set rightly, and announces what expires. Nothing of it is needed to be
 * right, only to be fast and to say what is wrong. Read {@link io.keylapse.active.watch.SubscriptionManager} first.
 */
@NullMarked
package io.keylapse.active.watch;

import org.jspecify.annotations.NullMarked;
