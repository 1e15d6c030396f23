/**
 * Delivery of notices by mail.
 *
 * <p>Read {@link io.keylapse.notice.mail.MailChannel} first. The templates are in the resources {@code mail/}; a configured
 * folder can replace them.
 */
@NullMarked
package io.keylapse.notice.mail;

import org.jspecify.annotations.NullMarked;
