package io.keylapse.notice.mail;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.keylapse.key.input.MailCapabilities;
import jakarta.inject.Singleton;
import jakarta.mail.MessagingException;
import jakarta.mail.Session;
import jakarta.mail.URLName;
import java.time.Duration;
import java.util.Base64;
import java.util.Properties;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The mail server of the settings: how it is connected to, and what it offers. */
@Singleton
final class MailServer implements MailCapabilities {
    private static final Logger LOG = LoggerFactory.getLogger(MailServer.class);
    private static final Duration PATIENCE = Duration.ofSeconds(15);

    /** What was sent may be looked through for viruses before it is acknowledged, and must not be sent again meanwhile. */
    private static final Duration PATIENCE_FOR_AN_ANSWER = Duration.ofMinutes(2);

    /** Somebody waits for an answer of ours meanwhile. */
    private static final Duration PATIENCE_WHEN_ASKING = Duration.ofSeconds(2);

    private static final Duration BELIEVED_FOR = Duration.ofMinutes(10);
    private static final Duration BETWEEN_QUESTIONS = Duration.ofSeconds(10);

    private final MailSettings settings;
    private @Nullable Offer offer;

    MailServer(MailSettings settings) {
        this.settings = settings;
    }

    private record Offer(boolean smtpUtf8, long until) {
        boolean isCurrent() {
            return System.nanoTime() - until < 0;
        }
    }

    boolean isSet() {
        return settings.isSet();
    }

    /**
     * A connection that is not open yet.
     *
     * @param utf8 whether addresses and headers go over it in UTF-8, as with SMTPUTF8; in ASCII otherwise
     */
    SmtpConnection connection(boolean utf8) {
        MailSettings.Server server = settings.server();
        Session session = session(server, utf8, PATIENCE, PATIENCE_FOR_AN_ANSWER);
        return connection(session, server, server.user(), server.password());
    }

    /** Asked at most once in ten minutes, by one caller at a time, and without logging in. */
    @Override
    public synchronized boolean offersSmtpUtf8() {
        if (!isSet()) {
            return false;
        }
        Offer known = offer;
        if (known == null || !known.isCurrent()) {
            known = ask();
            offer = known;
        }
        return known.smtpUtf8();
    }

    private Offer ask() {
        MailSettings.Server server = settings.server();
        Session session = session(
                new MailSettings.Server(server.host(), server.port(), server.tls(), null, null),
                false,
                PATIENCE_WHEN_ASKING,
                PATIENCE_WHEN_ASKING);
        SmtpConnection connection = connection(session, server, null, null);
        try {
            connection.connect();
            return new Offer(connection.offersSmtpUtf8(), System.nanoTime() + BELIEVED_FOR.toNanos());
        } catch (MessagingException e) {
            LOG.warn("the mail server could not be asked whether it offers SMTPUTF8: {}", connection.why(e));
            return new Offer(false, System.nanoTime() + BETWEEN_QUESTIONS.toNanos());
        } finally {
            connection.closeQuietly();
        }
    }

    private static SmtpConnection connection(
            Session session, MailSettings.Server server, @Nullable String user, @Nullable String password) {
        var url = new URLName(protocol(server), server.host(), server.port(), null, user, password);
        return new SmtpConnection(session, url, server.tls(), text -> redacted(text, user, password));
    }

    private static String protocol(MailSettings.Server server) {
        return server.tls() ? "smtps" : "smtp";
    }

    private static Session session(
            MailSettings.Server server, boolean utf8, Duration patience, Duration patienceForAnAnswer) {
        var properties = new Properties();
        String prefix = "mail." + protocol(server) + ".";
        boolean logsIn = server.user() != null;
        properties.setProperty("mail.mime.allowutf8", Boolean.toString(utf8));
        properties.setProperty(prefix + "auth", Boolean.toString(logsIn));
        properties.setProperty(prefix + "starttls.enable", "true");
        // A password is never sent in the clear.
        properties.setProperty(prefix + "starttls.required", Boolean.toString(logsIn && !server.tls()));
        properties.setProperty(prefix + "ssl.checkserveridentity", "true");
        properties.setProperty(prefix + "connectiontimeout", Long.toString(patience.toMillis()));
        properties.setProperty(prefix + "writetimeout", Long.toString(patience.toMillis()));
        properties.setProperty(prefix + "timeout", Long.toString(patienceForAnAnswer.toMillis()));
        // The mail is accepted by then.
        properties.setProperty(prefix + "quitwait", "false");
        return Session.getInstance(properties);
    }

    /** A server may repeat what it does not like, also as it was encoded for AUTH PLAIN and AUTH LOGIN (RFC 4616). */
    static String redacted(String text, @Nullable String user, @Nullable String password) {
        if (password == null || password.isEmpty()) {
            return text;
        }
        return Stream.of(
                        base64(user + "\0" + user + "\0" + password),
                        base64("\0" + user + "\0" + password),
                        base64(password),
                        password)
                .reduce(text, (rest, secret) -> rest.replace(secret, "[secret]"));
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(UTF_8));
    }
}
