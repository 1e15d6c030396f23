/**
 * Telling by e-mail.
 *
 * <p>Read {@link io.keylapse.notice.mail.MailChannel} first; the words are in the resources {@code mail/}, and may be
 * replaced by those of a folder.
 */
@NullMarked
package io.keylapse.notice.mail;

import org.jspecify.annotations.NullMarked;
