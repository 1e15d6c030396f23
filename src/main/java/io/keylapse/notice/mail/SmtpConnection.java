package io.keylapse.notice.mail;

import io.keylapse.key.input.MailAddress;
import io.keylapse.notice.delivery.AttemptOutcome;
import io.keylapse.notice.delivery.AttemptOutcome.Verdict;
import jakarta.mail.Address;
import jakarta.mail.MessagingException;
import jakarta.mail.Session;
import jakarta.mail.URLName;
import jakarta.mail.internet.MimeMessage;
import java.io.OutputStream;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.eclipse.angus.mail.smtp.SMTPTransport;
import org.jspecify.annotations.Nullable;

/**
 * An SMTP connection for one mail. It tracks the stage of the dialogue, because the meaning of a reply depends on it: before
 * {@code RCPT}, no failure is the recipient's fault.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc5321#section-4.2">RFC 5321, section 4.2, for the replies</a>
 */
final class SmtpConnection extends SMTPTransport {
    private static final String SMTPUTF8 = "SMTPUTF8";
    /** The library's text for a missing reply. */
    private static final String CLOSED = "[EOF]";

    private static final int OK = 250;
    private static final int MIN_FAILURE = 400;
    private static final int MIN_PERMANENT = 500;
    private static final int MAX_RESPONSE_CHARACTERS = 1_000;
    private static final int MAX_WORDS_CHARACTERS = 300;

    /**
     * Replies about the session at any stage: the service closes (421), a command is not recognized or out of order, mail is
     * not accepted at all (521, RFC 7504), login or TLS is missing (RFC 4954), a parameter is unknown (555).
     */
    private static final Set<Integer> ABOUT_THE_SESSION = Set.of(421, 500, 502, 503, 504, 521, 530, 534, 535, 538, 555);

    /**
     * Replies about the sender, which is us, even if they come at {@code RCPT}: our address is bad (x.1.7 and x.1.8 of RFC
     * 3463), or our mail fails SPF, DKIM, DMARC or a look-up of its host (x.7.20 to x.7.26 of RFC 7372, x.7.27 of RFC 7505).
     */
    private static final Pattern ABOUT_THE_SENDER =
            Pattern.compile("(?s)\\d{3}[ -][45]\\.(?:1\\.[78]|7\\.2[0-7])(?!\\d).*");

    /** The same as text, for servers that send no such codes. */
    private static final Pattern ABOUT_THE_SENDER_IN_WORDS = Pattern.compile(
            "\\brelay|\\bsender (?:address|verif|domain)|\\bclient host\\b|\\b(?:helo|ehlo)\\b|\\bblocked using\\b",
            Pattern.CASE_INSENSITIVE);

    /** Other security and policy failures (RFC 3463, section 3.8). At {@code RCPT} either side may be the cause. */
    private static final Pattern POLICY = Pattern.compile("(?s)\\d{3}[ -]5\\.7\\..*");

    private enum Stage {
        SESSION,
        SENDER,
        RECIPIENT,
        CONTENT
    }

    private final UnaryOperator<String> redaction;
    private Stage stage = Stage.SESSION;

    /** @param redaction removes secrets from the server's replies */
    SmtpConnection(Session session, URLName server, boolean tls, UnaryOperator<String> redaction) {
        super(session, server, server.getProtocol(), tls);
        this.redaction = redaction;
    }

    /** The session of this connection, which its mails must use. */
    Session session() {
        return session;
    }

    /** Whether the server offers SMTPUTF8 (RFC 6531); the connection must be open. */
    boolean offersSmtpUtf8() {
        return supportsExtension(SMTPUTF8);
    }

    /** Sends a mail over a connection that is not open yet, and closes it. */
    AttemptOutcome send(MimeMessage message, MailAddress to) {
        try {
            connect();
            if (to.needsSmtpUtf8() && !offersSmtpUtf8()) {
                return AttemptOutcome.refused(
                        "the address has non-ASCII characters before the @, and the mail server does not"
                                + " offer SMTPUTF8");
            }
            sendMessage(message, new Address[] {MailComposer.onTheWire(to)});
            return new AttemptOutcome(Verdict.DELIVERED, "the mail server accepted it", OK, response(), null);
        } catch (MessagingException e) {
            return failure(e);
        } finally {
            closeQuietly();
        }
    }

    /** Ignores failures: an accepted mail stays accepted even if {@code QUIT} fails. */
    void closeQuietly() {
        try {
            close();
        } catch (MessagingException _) {
            // The connection is closed anyway.
        }
    }

    @Override
    protected void mailFrom() throws MessagingException {
        stage = Stage.SENDER;
        super.mailFrom();
    }

    @Override
    protected void rcptTo() throws MessagingException {
        stage = Stage.RECIPIENT;
        super.rcptTo();
    }

    @Override
    protected OutputStream data() throws MessagingException {
        stage = Stage.CONTENT;
        return super.data();
    }

    private AttemptOutcome failure(MessagingException e) {
        int code = getLastReturnCode();
        boolean answered = code >= MIN_FAILURE;
        String why = why(e);
        String words = switch (stage) {
            case SESSION -> "the mail server cannot be used: ";
            case SENDER -> "the mail server did not accept the sender: ";
            case RECIPIENT -> "the mail server did not accept the recipient: ";
            case CONTENT -> "the mail server did not accept the message: ";
        };
        return new AttemptOutcome(
                verdict(code), words + why, answered ? code : null, answered ? response() : null, null);
    }

    private Verdict verdict(int code) {
        if (stage == Stage.SESSION || stage == Stage.SENDER || ABOUT_THE_SESSION.contains(code)) {
            return Verdict.POSTPONED;
        }
        String said = getLastServerResponse();
        boolean atRecipient = stage == Stage.RECIPIENT;
        if (ABOUT_THE_SENDER.matcher(said).matches()
                || (atRecipient && ABOUT_THE_SENDER_IN_WORDS.matcher(said).find())) {
            return Verdict.POSTPONED;
        }
        boolean isOfPolicy = atRecipient && POLICY.matcher(said).matches();
        return code < MIN_PERMANENT || isOfPolicy ? Verdict.FAILED : Verdict.REFUSED;
    }

    private String response() {
        return plain(getLastServerResponse(), MAX_RESPONSE_CHARACTERS);
    }

    /** The reason for a failure, on one line: the server's reply if there is one. */
    String why(MessagingException e) {
        return plain(reason(e), MAX_WORDS_CHARACTERS);
    }

    private String reason(MessagingException e) {
        if (CLOSED.equals(getLastServerResponse())) {
            return "it closed the connection";
        }
        if (stage != Stage.SESSION && getLastReturnCode() >= MIN_FAILURE) {
            return getLastServerResponse();
        }
        @Nullable String message = e.getMessage();
        @Nullable Exception cause = e.getNextException();
        @Nullable String more = cause == null ? null : cause.getMessage();
        if (message == null) {
            return more == null ? e.getClass().getSimpleName() : more;
        }
        return more == null || message.contains(more) ? message : message + ": " + more;
    }

    /** Text on one line, without secrets, cut to {@code max} characters. */
    private String plain(String text, int max) {
        String line =
                redaction.apply(text).replaceAll("[\\p{Cntrl}\\p{Z}]+", " ").strip();
        return line.codePointCount(0, line.length()) <= max
                ? line
                : line.substring(0, line.offsetByCodePoints(0, max)) + "…";
    }
}
