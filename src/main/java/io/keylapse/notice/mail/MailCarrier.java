package io.keylapse.notice.mail;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.keylapse.notice.Notice;
import io.keylapse.notice.delivery.Carrier;
import io.keylapse.notice.delivery.Delivery;
import io.keylapse.notice.delivery.DeliveryTable;
import io.keylapse.notice.delivery.Outcome;
import io.keylapse.notice.delivery.Outcome.Verdict;
import jakarta.inject.Singleton;
import jakarta.mail.Authenticator;
import jakarta.mail.Message;
import jakarta.mail.MessagingException;
import jakarta.mail.PasswordAuthentication;
import jakarta.mail.SendFailedException;
import jakarta.mail.Session;
import jakarta.mail.Transport;
import jakarta.mail.internet.AddressException;
import jakarta.mail.internet.InternetAddress;
import jakarta.mail.internet.MimeBodyPart;
import jakarta.mail.internet.MimeMessage;
import jakarta.mail.internet.MimeMultipart;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Objects;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/** Carries notices as mail, to the address that the key's contact had. */
@Singleton
final class MailCarrier implements Carrier {
    private static final Duration PATIENCE = Duration.ofSeconds(15);

    /** What was sent may be looked through for viruses before it is acknowledged, and must not be sent again meanwhile. */
    private static final Duration PATIENCE_FOR_AN_ANSWER = Duration.ofMinutes(2);

    private final MailSettings settings;
    private final DeliveryTable deliveries;
    private final Letters letters;
    private final Clock clock;

    MailCarrier(MailSettings settings, DeliveryTable deliveries, Letters letters, Clock clock) {
        this.settings = settings;
        this.deliveries = deliveries;
        this.letters = letters;
        this.clock = clock;
    }

    @Override
    public List<Lane> due() {
        return settings.isSet() && deliveries.isMailDue() ? List.of(new ToServer(session())) : List.of();
    }

    private final class ToServer implements Lane {
        private final Session session;

        ToServer(Session session) {
            this.session = session;
        }

        @Override
        public String receiver() {
            return "mail";
        }

        @Override
        public List<Delivery> claim(int limit) {
            return deliveries.claimMail(limit);
        }

        @Override
        public Outcome send(Notice notice, Delivery delivery) {
            try {
                Transport.send(message(notice, delivery));
                return new Outcome(Verdict.DELIVERED, "taken by the mail server", null, null, null);
            } catch (AddressException e) {
                return Outcome.refused("this is no address: " + e.getMessage());
            } catch (SendFailedException e) {
                return e.getValidUnsentAddresses() == null || e.getValidUnsentAddresses().length == 0
                        ? Outcome.refused("the mail server refused it: " + words(e))
                        : Outcome.failed("the mail server could not take it: " + words(e));
            } catch (MessagingException e) {
                return Outcome.failed("the mail server could not take it: " + words(e));
            }
        }

        private Message message(Notice notice, Delivery delivery) throws MessagingException {
            Letter letter = letters.write(notice, clock.instant());
            // The same in a repeat, by which mail programs drop it.
            var message = new MimeMessage(session) {
                @Override
                protected void updateMessageID() throws MessagingException {
                    setHeader("Message-ID", "<" + delivery.id() + "@keylapse>");
                }
            };
            message.setFrom(new InternetAddress(Objects.requireNonNull(settings.from()), true));
            message.setRecipient(Message.RecipientType.TO, new InternetAddress(delivery.target(), true));
            message.setSubject(letter.subject(), UTF_8.name());
            message.setHeader(
                    "Date",
                    DateTimeFormatter.RFC_1123_DATE_TIME.format(clock.instant().atOffset(ZoneOffset.UTC)));
            message.setHeader("X-Keylapse-Notice", notice.id().toString());
            // No answer from whoever is on holiday.
            message.setHeader("Auto-Submitted", "auto-generated");
            message.setHeader("Content-Language", letter.language());
            message.setContent(new MimeMultipart(
                    "alternative",
                    part(letter.text(), "text/plain; charset=utf-8"),
                    part(letter.html(), "text/html; charset=utf-8")));
            return message;
        }
    }

    private static MimeBodyPart part(String content, String type) throws MessagingException {
        var part = new MimeBodyPart();
        part.setContent(content, type);
        return part;
    }

    private static String words(@Nullable Throwable failure) {
        String message = failure == null ? null : failure.getMessage();
        return message == null ? "no reason was given" : message.strip().replaceAll("\\s+", " ");
    }

    private Session session() {
        MailSettings.Server server = settings.server();
        var properties = new Properties();
        String protocol = server.tls() ? "smtps" : "smtp";
        properties.setProperty("mail.transport.protocol", protocol);
        properties.setProperty("mail.transport.protocol.rfc822", protocol);
        String prefix = "mail." + protocol + ".";
        properties.setProperty(prefix + "host", server.host());
        properties.setProperty(prefix + "port", Integer.toString(server.port()));
        properties.setProperty(prefix + "starttls.enable", "true");
        // A password is never sent in the clear.
        properties.setProperty(prefix + "starttls.required", Boolean.toString(server.user() != null && !server.tls()));
        properties.setProperty(prefix + "ssl.checkserveridentity", "true");
        properties.setProperty(prefix + "connectiontimeout", Long.toString(PATIENCE.toMillis()));
        properties.setProperty(prefix + "writetimeout", Long.toString(PATIENCE.toMillis()));
        properties.setProperty(prefix + "timeout", Long.toString(PATIENCE_FOR_AN_ANSWER.toMillis()));
        String user = server.user();
        if (user == null) {
            return Session.getInstance(properties);
        }
        properties.setProperty(prefix + "auth", "true");
        return Session.getInstance(properties, new Authenticator() {
            @Override
            protected PasswordAuthentication getPasswordAuthentication() {
                return new PasswordAuthentication(user, server.password());
            }
        });
    }
}
