package io.keylapse.notice.webhook;

import io.keylapse.notice.Notice;
import io.keylapse.notice.WebhookId;
import io.keylapse.registry.outbox.NoticeKind;
import java.net.URI;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A webhook: a URL that notices are posted to.
 *
 * @param kinds the kinds of notices that it gets; empty for all
 * @param owners the owners whose notices it gets; empty for all
 * @param disabledAt since when it is disabled; null if it is enabled
 * @param disabledBecause the reason, as text
 */
public record Webhook(
        WebhookId id,
        URI url,
        String description,
        List<NoticeKind> kinds,
        List<String> owners,
        Instant createdAt,
        @Nullable Instant disabledAt,
        @Nullable String disabledBecause) {
    public Webhook {
        kinds = List.copyOf(kinds);
        owners = List.copyOf(owners);
    }

    /** Whether the webhook gets notices of this kind. */
    public boolean wants(NoticeKind kind) {
        return disabledAt == null && (kinds.isEmpty() || kinds.contains(kind));
    }

    /** Whether the webhook gets this notice. */
    public boolean wants(Notice notice) {
        return wants(notice.kind()) && (owners.isEmpty() || owners.contains(notice.owner()));
    }
}
