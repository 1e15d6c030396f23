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

/** The configured mail server: connections to it, and its capabilities. */
@Singleton
final class MailServer implements MailCapabilities {
    private static final Logger LOG = LoggerFactory.getLogger(MailServer.class);
    private static final Duration TIMEOUT = Duration.ofSeconds(15);

    /**
     * Long, because a server may scan the mail for viruses before it acknowledges it, and a second copy must not be sent
     * meanwhile.
     */
    private static final Duration REPLY_TIMEOUT = Duration.ofMinutes(2);

    /** Short, because a caller of ours is waiting. */
    private static final Duration QUERY_TIMEOUT = Duration.ofSeconds(2);

    /** Longer, because the server may scan the mail, but for each step. */
    private static final Duration TEST_TIMEOUT = Duration.ofSeconds(10);

    private static final Duration CACHED_FOR = Duration.ofMinutes(10);
    private static final Duration FAILURE_CACHED_FOR = Duration.ofSeconds(10);

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
     * @param utf8 whether addresses and headers are sent in UTF-8 (SMTPUTF8) and not in ASCII
     */
    SmtpConnection connection(boolean utf8) {
        MailSettings.Server server = settings.server();
        Session session = session(server, utf8, TIMEOUT, REPLY_TIMEOUT);
        return connection(session, server, server.user(), server.password());
    }

    /** The same for a test mail, for which a caller of ours is waiting. */
    SmtpConnection connectionForTest(boolean utf8) {
        MailSettings.Server server = settings.server();
        Session session = session(server, utf8, TEST_TIMEOUT, TEST_TIMEOUT);
        return connection(session, server, server.user(), server.password());
    }

    /**
     * Queries the server without logging in, one caller at a time. The result is cached for 10 minutes, a failure for 10
     * seconds.
     */
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
                QUERY_TIMEOUT,
                QUERY_TIMEOUT);
        SmtpConnection connection = connection(session, server, null, null);
        try {
            connection.connect();
            return new Offer(connection.offersSmtpUtf8(), System.nanoTime() + CACHED_FOR.toNanos());
        } catch (MessagingException e) {
            LOG.warn("failed to ask the mail server whether it offers SMTPUTF8: {}", connection.why(e));
            return new Offer(false, System.nanoTime() + FAILURE_CACHED_FOR.toNanos());
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

    private static Session session(MailSettings.Server server, boolean utf8, Duration timeout, Duration replyTimeout) {
        var properties = new Properties();
        String prefix = "mail." + protocol(server) + ".";
        boolean logsIn = server.user() != null;
        properties.setProperty("mail.mime.allowutf8", Boolean.toString(utf8));
        properties.setProperty(prefix + "auth", Boolean.toString(logsIn));
        properties.setProperty(prefix + "starttls.enable", "true");
        // A password is never sent unencrypted.
        properties.setProperty(prefix + "starttls.required", Boolean.toString(logsIn && !server.tls()));
        properties.setProperty(prefix + "ssl.checkserveridentity", "true");
        properties.setProperty(prefix + "connectiontimeout", Long.toString(timeout.toMillis()));
        properties.setProperty(prefix + "writetimeout", Long.toString(timeout.toMillis()));
        properties.setProperty(prefix + "timeout", Long.toString(replyTimeout.toMillis()));
        // The server has accepted the mail by then.
        properties.setProperty(prefix + "quitwait", "false");
        return Session.getInstance(properties);
    }

    /**
     * Removes the password from a reply: a server may quote what it refused, also in the encoding of AUTH PLAIN (RFC 4616)
     * and AUTH LOGIN.
     */
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
