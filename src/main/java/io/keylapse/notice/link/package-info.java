/**
 * Links in mails with which an owner sees and renews a key without showing it.
 *
 * <p>Read {@link io.keylapse.notice.link.HolderLinks} first.
 */
@NullMarked
package io.keylapse.notice.link;

import org.jspecify.annotations.NullMarked;
