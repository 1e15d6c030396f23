package io.keylapse.notice.mail;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.keylapse.key.input.MailAddress;
import io.keylapse.key.input.MailAddress.Judgement;
import io.keylapse.key.input.PlainText;
import io.micronaut.context.annotation.ConfigurationProperties;
import jakarta.mail.internet.AddressException;
import jakarta.mail.internet.InternetAddress;
import java.io.UnsupportedEncodingException;
import java.net.URI;
import java.net.URISyntaxException;
import org.jspecify.annotations.Nullable;

/**
 * The mail server.
 *
 * @param smtpUri mail server: {@code smtp://user:password@host:587}, which uses TLS if the server offers it, or
 *     {@code smtps://user:password@host:465}. No mail is sent if not set
 * @param from sender, such as {@code Keylapse <keys@example.com>}
 * @param templates folder of templates that replace or add to the included ones
 */
@ConfigurationProperties("keylapse.mail")
public record MailSettings(
        @Nullable String smtpUri,
        @Nullable String from,
        @Nullable String templates) {
    private static final int DEFAULT_PORT = 587;
    private static final int DEFAULT_TLS_PORT = 465;
    private static final int HIGHEST_PORT = 65_535;
    private static final int MAX_NAME_CHARACTERS = 200;

    public MailSettings {
        if (from != null && !from.isBlank()) {
            var _ = sender(from);
        }
        if (smtpUri != null && !smtpUri.isBlank()) {
            var _ = server(smtpUri);
            if (from == null || from.isBlank()) {
                throw new IllegalArgumentException(
                        "keylapse.mail.smtp-uri (KEYLAPSE_MAIL_SMTP_URI) requires keylapse.mail.from (KEYLAPSE_MAIL_FROM): set it"
                                + " to the sender of mail, such as Keylapse <keys@example.com>");
            }
        }
    }

    /** A mail server. User and password are null for a server without a login. */
    record Server(
            String host,
            int port,
            boolean tls,
            @Nullable String user,
            @Nullable String password) {
        /** Omits the password. */
        @Override
        public String toString() {
            return host + ":" + port;
        }
    }

    /** Whether a mail server is configured. */
    public boolean isSet() {
        return smtpUri != null && !smtpUri.isBlank();
    }

    /** The sender in {@code From}, encoded for headers (RFC 2047). */
    InternetAddress sender() {
        if (from == null) {
            throw new IllegalStateException("no mail server is configured");
        }
        return sender(from);
    }

    private static InternetAddress sender(String text) {
        try {
            InternetAddress[] parsed = InternetAddress.parse(text, true);
            if (parsed.length != 1 || parsed[0].isGroup()) {
                throw unusable("it must be one address");
            }
            MailAddress address = switch (MailAddress.judge(parsed[0].getAddress())) {
                case Judgement.Unusable(String complaint) -> throw unusable("the address " + complaint);
                case Judgement.Usable(MailAddress usable) -> usable;
            };
            if (address.needsSmtpUtf8()) {
                throw unusable("the address must have only ASCII before the @");
            }
            @Nullable String name = parsed[0].getPersonal();
            if (name != null) {
                PlainText.complaint(name, MAX_NAME_CHARACTERS).ifPresent(complaint -> {
                    throw unusable("the name " + complaint);
                });
            }
            return new InternetAddress(address.toString(), name, UTF_8.name());
        } catch (AddressException e) {
            throw unusable(e.getMessage());
        } catch (UnsupportedEncodingException e) {
            throw new IllegalStateException("every JDK has UTF-8", e);
        }
    }

    private static IllegalArgumentException unusable(@Nullable String why) {
        return new IllegalArgumentException("keylapse.mail.from (KEYLAPSE_MAIL_FROM) must be an address such as"
                + " keys@example.com or Keylapse <keys@example.com>, with quotes around a name that has commas: "
                + String.valueOf(why).replaceAll("\\s+", " "));
    }

    Server server() {
        if (smtpUri == null) {
            throw new IllegalStateException("no mail server is configured");
        }
        return server(smtpUri);
    }

    private static Server server(String text) {
        try {
            var uri = new URI(text);
            boolean tls = "smtps".equals(uri.getScheme());
            if ((!tls && !"smtp".equals(uri.getScheme())) || uri.getHost() == null) {
                throw invalid();
            }
            String login = uri.getUserInfo();
            int colon = login == null ? -1 : login.indexOf(':');
            if (uri.getPort() == 0 || uri.getPort() > HIGHEST_PORT || (login != null && colon <= 0)) {
                throw invalid();
            }
            return new Server(
                    uri.getHost(),
                    uri.getPort() >= 0 ? uri.getPort() : tls ? DEFAULT_TLS_PORT : DEFAULT_PORT,
                    tls,
                    login == null ? null : login.substring(0, colon),
                    login == null ? null : login.substring(colon + 1));
        } catch (URISyntaxException e) {
            throw invalid();
        }
    }

    /** The message must not contain the text, which may include a password. */
    private static IllegalArgumentException invalid() {
        return new IllegalArgumentException("keylapse.mail.smtp-uri (KEYLAPSE_MAIL_SMTP_URI) must be"
                + " smtp://user:password@host:587 or smtps://user:password@host:465");
    }

    /** Omits the password. */
    @Override
    public String toString() {
        return "MailSettings[REDACTED]";
    }
}
