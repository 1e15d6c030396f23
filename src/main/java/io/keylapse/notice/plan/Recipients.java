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

/**
 * Routing of notices: to each webhook that subscribes to it, and to the owner's mail address if there is one and a mail
 * server is configured.
 */
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

    /** Whether notices of this kind may have recipients. If not, the planner skips the kind. */
    boolean existFor(NoticeKind kind) {
        return mail.isSet() || webhooks.all().stream().anyMatch(each -> each.wants(kind));
    }

    /** Filters notices: keeps those with a recipient. The others are not written. */
    List<Notice> wanted(List<Notice> found) {
        List<Webhook> all = webhooks.all();
        return found.stream()
                .filter(notice -> isMailed(notice) || all.stream().anyMatch(each -> each.wants(notice)))
                .toList();
    }

    /** Adds the notices that have recipients, with a delivery for each recipient, in the caller's transaction. */
    void add(List<Notice> found) {
        List<Notice> wanted = wanted(found);
        wanted.forEach(notices::insert);
        route(wanted);
    }

    /** Adds the notices that have recipients, but sends them to nobody. The caller has put the reason in their details. */
    void addUnsent(List<Notice> found) {
        List<Notice> wanted = wanted(found);
        wanted.forEach(notices::insert);
        if (!wanted.isEmpty()) {
            notices.markRouted(wanted);
        }
    }

    /** Adds a delivery for each recipient of notices that are written already, in the caller's transaction. */
    void route(List<Notice> written) {
        if (written.isEmpty()) {
            return;
        }
        List<Webhook> all = webhooks.all();
        Instant now = postgres.now();
        for (Notice notice : written) {
            all.stream()
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
}
