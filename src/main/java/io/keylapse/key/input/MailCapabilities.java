package io.keylapse.key.input;

/** What the mail server can do beyond SMTP's basics, as far as it decides which addresses may be stored. */
public interface MailCapabilities {
    /**
     * Whether mail can be sent to addresses with characters beyond ASCII before the {@code @}: a mail server is configured,
     * and it offers SMTPUTF8 (RFC 6531). False when it could not be asked. May take some seconds when it has to be asked.
     */
    boolean offersSmtpUtf8();
}
