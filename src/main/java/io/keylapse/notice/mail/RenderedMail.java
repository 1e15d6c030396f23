package io.keylapse.notice.mail;

/**
 * The subject and the two bodies of a mail.
 *
 * @param language the BCP 47 tag of the language of the texts
 */
public record RenderedMail(String language, String subject, String text, String html) {}
