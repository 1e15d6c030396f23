package io.keylapse.notice.plan;

import io.keylapse.notice.Notice;
import io.keylapse.notice.NoticeTable;
import io.keylapse.notice.delivery.DeliveryTable;
import io.keylapse.notice.mail.MailSettings;
import io.keylapse.notice.webhook.Webhook;
import io.keylapse.notice.webhook.WebhookTable;
import io.keylapse.registry.outbox.NoticeKind;
import io.keylapse.registry.sql.Postgres;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.List;

/** Whom a notice goes to: each webhook that wants it, and the owner's mail if there is an address and a server for it. */
@Singleton
final class Recipients {
    private final WebhookTable webhooks;
    private final MailSettings mail;
    private final NoticeTable notices;
    private final DeliveryTable deliveries;
    private final Postgres postgres;

    Recipients(
            WebhookTable webhooks,
            MailSettings mail,
            NoticeTable notices,
            DeliveryTable deliveries,
            Postgres postgres) {
        this.webhooks = webhooks;
        this.mail = mail;
        this.notices = notices;
        this.deliveries = deliveries;
        this.postgres = postgres;
    }

    /** Whether anybody may hear of anything of that kind; if not, it need not even be looked for. */
    boolean mayHear(NoticeKind kind) {
        return mail.isSet() || listening().stream().anyMatch(each -> each.wants(kind));
    }

    /** Those of these notices that anybody is to be told. What nobody would hear need not be written. */
    List<Notice> wanted(List<Notice> found) {
        List<Webhook> listening = listening();
        return found.stream()
                .filter(notice -> isMailed(notice) || listening.stream().anyMatch(each -> each.wants(notice)))
                .toList();
    }

    /** Writes those of these notices that anybody is to be told, with a delivery for each receiver, in the caller's transaction. */
    void tell(List<Notice> found) {
        List<Notice> wanted = wanted(found);
        wanted.forEach(notices::insert);
        route(wanted);
    }

    /** Adds a delivery for each receiver of these notices, which are written already, in the caller's transaction. */
    void route(List<Notice> written) {
        if (written.isEmpty()) {
            return;
        }
        List<Webhook> listening = listening();
        Instant now = postgres.now();
        for (Notice notice : written) {
            listening.stream()
                    .filter(each -> each.wants(notice))
                    .forEach(each -> deliveries.addCall(
                            notice.id(), each.id(), each.url().toString(), now));
            String email = notice.email();
            if (isMailed(notice) && email != null) {
                deliveries.addMail(notice.id(), email, now);
            }
        }
        notices.markRouted(written);
    }

    private boolean isMailed(Notice notice) {
        return mail.isSet() && notice.email() != null;
    }

    private List<Webhook> listening() {
        return webhooks.all();
    }
}
