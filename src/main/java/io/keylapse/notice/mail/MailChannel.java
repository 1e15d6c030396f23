package io.keylapse.notice.mail;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.keylapse.key.input.MailAddress;
import io.keylapse.key.input.MailAddress.Judgement;
import io.keylapse.notice.Notice;
import io.keylapse.notice.delivery.AttemptOutcome;
import io.keylapse.notice.delivery.Delivery;
import io.keylapse.notice.delivery.DeliveryChannel;
import io.keylapse.notice.delivery.DeliveryTable;
import io.keylapse.notice.link.HolderLinks;
import jakarta.inject.Singleton;
import jakarta.mail.Message;
import jakarta.mail.MessagingException;
import jakarta.mail.Session;
import jakarta.mail.internet.InternetAddress;
import jakarta.mail.internet.MimeBodyPart;
import jakarta.mail.internet.MimeMessage;
import jakarta.mail.internet.MimeMultipart;
import jakarta.mail.internet.MimeUtility;
import java.io.UnsupportedEncodingException;
import java.time.Clock;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Delivery channel for mail, to the address of the key's contact when the notice was written. */
@Singleton
final class MailChannel implements DeliveryChannel {
    /** This many bytes, in Base64, make an encoded word of less than 75 characters (RFC 2047, section 2). */
    private static final int ENCODED_WORD_BYTES = 45;

    private final MailSettings settings;
    private final MailServer server;
    private final DeliveryTable deliveries;
    private final MailRenderer renderer;
    private final HolderLinks links;
    private final Clock clock;

    MailChannel(
            MailSettings settings,
            MailServer server,
            DeliveryTable deliveries,
            MailRenderer renderer,
            HolderLinks links,
            Clock clock) {
        this.settings = settings;
        this.server = server;
        this.deliveries = deliveries;
        this.renderer = renderer;
        this.links = links;
        this.clock = clock;
    }

    @Override
    public List<Lane> due() {
        return settings.isSet() && deliveries.isMailDue() ? List.of(new ToServer()) : List.of();
    }

    private final class ToServer implements Lane {
        @Override
        public String receiver() {
            return "mail";
        }

        @Override
        public List<Delivery> claim(int limit) {
            return deliveries.claimMail(limit);
        }

        @Override
        public AttemptOutcome send(Notice notice, Delivery delivery) {
            return switch (MailAddress.judge(delivery.target())) {
                // The address was stored before this rule existed.
                case Judgement.Unusable(String complaint) ->
                    AttemptOutcome.refused("cannot send mail to this address: it " + complaint);
                case Judgement.Usable(MailAddress to) -> send(notice, delivery, to);
            };
        }

        private AttemptOutcome send(Notice notice, Delivery delivery, MailAddress to) {
            SmtpConnection connection = server.connection(to.needsSmtpUtf8());
            MimeMessage message;
            try {
                message = message(notice, delivery, to, connection.session());
            } catch (MessagingException | RuntimeException e) {
                return AttemptOutcome.postponed("cannot create the mail: " + e.getMessage());
            }
            return connection.send(message, to);
        }

        private MimeMessage message(Notice notice, Delivery delivery, MailAddress to, Session session)
                throws MessagingException {
            RenderedMail mail =
                    renderer.write(notice, links.address(notice, delivery.id(), clock.instant()), clock.instant());
            // The same for every attempt, so that mail programs can drop duplicates.
            var message = new MimeMessage(session) {
                @Override
                protected void updateMessageID() throws MessagingException {
                    setHeader("Message-ID", "<" + delivery.id() + "@keylapse>");
                }
            };
            message.setFrom(settings.sender());
            message.setRecipient(Message.RecipientType.TO, onTheWire(to));
            message.setHeader("Subject", encoded(mail.subject()));
            message.setHeader(
                    "Date",
                    DateTimeFormatter.RFC_1123_DATE_TIME.format(clock.instant().atOffset(ZoneOffset.UTC)));
            message.setHeader("X-Keylapse-Notice", notice.id().toString());
            // Suppresses automatic replies.
            message.setHeader("Auto-Submitted", "auto-generated");
            message.setHeader("Content-Language", mail.language());
            message.setContent(new MimeMultipart(
                    "alternative",
                    part(mail.text(), "text/plain; charset=utf-8"),
                    part(mail.html(), "text/html; charset=utf-8")));
            message.saveChanges();
            return message;
        }
    }

    /** The address unchanged. The library's parser has other rules. */
    static InternetAddress onTheWire(MailAddress address) {
        var onTheWire = new InternetAddress();
        onTheWire.setAddress(address.toString());
        return onTheWire;
    }

    /**
     * A subject, folded, with encoded words (RFC 2047) where necessary. The library leaves ASCII unchanged, even text that
     * looks like an encoded word and would be decoded by the reader.
     */
    static String encoded(String subject) {
        String line = subject.replaceAll("[\\p{Cntrl}\\u2028\\u2029]+", " ").strip();
        byte[] bytes = line.getBytes(UTF_8);
        if (!line.contains("=?") || bytes.length != line.length()) {
            try {
                return MimeUtility.fold("Subject: ".length(), MimeUtility.encodeText(line, UTF_8.name(), null));
            } catch (UnsupportedEncodingException e) {
                throw new IllegalStateException("every JDK has UTF-8", e);
            }
        }
        return IntStream.iterate(0, i -> i < bytes.length, i -> i + ENCODED_WORD_BYTES)
                .mapToObj(from -> line.substring(from, Math.min(line.length(), from + ENCODED_WORD_BYTES)))
                .map(part -> "=?UTF-8?B?" + Base64.getEncoder().encodeToString(part.getBytes(US_ASCII)) + "?=")
                .collect(Collectors.joining("\r\n "));
    }

    private static MimeBodyPart part(String content, String type) throws MessagingException {
        var part = new MimeBodyPart();
        part.setContent(content, type);
        return part;
    }
}
