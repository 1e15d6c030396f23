package io.keylapse.notice.mail;

/**
 * What an owner reads.
 *
 * @param language of both texts, as BCP 47 has it
 */
record RenderedMail(String language, String subject, String text, String html) {}
