package io.keylapse.key.input;

/** Extensions of the mail server that decide which addresses may be stored. */
public interface MailCapabilities {
    /**
     * Whether mail can be sent to addresses with characters beyond ASCII before the {@code @}: a mail server is configured,
     * and offers SMTPUTF8 (RFC 6531). False if the server does not answer. May block for some seconds to ask it.
     */
    boolean offersSmtpUtf8();
}
