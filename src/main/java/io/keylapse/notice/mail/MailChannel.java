package io.keylapse.notice.mail;

import io.keylapse.key.input.MailAddress;
import io.keylapse.key.input.MailAddress.Judgement;
import io.keylapse.notice.Notice;
import io.keylapse.notice.delivery.AttemptOutcome;
import io.keylapse.notice.delivery.Delivery;
import io.keylapse.notice.delivery.DeliveryChannel;
import io.keylapse.notice.delivery.DeliveryTable;
import io.keylapse.notice.link.HolderLinks;
import jakarta.inject.Singleton;
import jakarta.mail.MessagingException;
import jakarta.mail.internet.MimeMessage;
import java.time.Clock;
import java.time.Instant;
import java.util.List;

/** Delivery channel for mail, to the address of the key's contact when the notice was written. */
@Singleton
final class MailChannel implements DeliveryChannel {
    private final MailServer server;
    private final DeliveryTable deliveries;
    private final MailRenderer renderer;
    private final MailComposer composer;
    private final HolderLinks links;
    private final Clock clock;

    MailChannel(
            MailServer server,
            DeliveryTable deliveries,
            MailRenderer renderer,
            MailComposer composer,
            HolderLinks links,
            Clock clock) {
        this.server = server;
        this.deliveries = deliveries;
        this.renderer = renderer;
        this.composer = composer;
        this.links = links;
        this.clock = clock;
    }

    @Override
    public List<Lane> due() {
        return server.isSet() && deliveries.isMailDue() ? List.of(new ToServer()) : List.of();
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
            Instant now = clock.instant();
            MimeMessage message;
            try {
                message = composer.compose(
                        renderer.write(notice, links.address(notice, delivery.id(), now), now),
                        to,
                        connection.session(),
                        delivery.id().toString(),
                        notice.id().toString());
            } catch (MessagingException | RuntimeException e) {
                return AttemptOutcome.postponed("cannot create the mail: " + e.getMessage());
            }
            return connection.send(message, to);
        }
    }
}
