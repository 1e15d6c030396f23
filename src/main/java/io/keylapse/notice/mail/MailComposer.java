package io.keylapse.notice.mail;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.keylapse.key.input.MailAddress;
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
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Composes messages: headers, and the text and the HTML as alternatives. */
@Singleton
final class MailComposer {
    /** This many bytes, in Base64, make an encoded word of less than 75 characters (RFC 2047, section 2). */
    private static final int ENCODED_WORD_BYTES = 45;

    private final MailSettings settings;
    private final Clock clock;

    MailComposer(MailSettings settings, Clock clock) {
        this.settings = settings;
        this.clock = clock;
    }

    /**
     * A message that is ready to be sent.
     *
     * @param id the part of {@code Message-ID} before the {@code @}. It is the same for every attempt, so that mail programs
     *     can drop duplicates
     * @param notice the value of {@code X-Keylapse-Notice}
     */
    MimeMessage compose(RenderedMail mail, MailAddress to, Session session, String id, String notice)
            throws MessagingException {
        var message = new MimeMessage(session) {
            @Override
            protected void updateMessageID() throws MessagingException {
                setHeader("Message-ID", "<" + id + "@keylapse>");
            }
        };
        message.setFrom(settings.sender());
        message.setRecipient(Message.RecipientType.TO, onTheWire(to));
        message.setHeader("Subject", encoded(mail.subject()));
        message.setHeader(
                "Date",
                DateTimeFormatter.RFC_1123_DATE_TIME.format(clock.instant().atOffset(ZoneOffset.UTC)));
        message.setHeader("X-Keylapse-Notice", notice);
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
