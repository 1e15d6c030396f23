package io.keylapse.notice.webhook;

import io.keylapse.notice.Notice;
import io.keylapse.notice.WebhookId;
import io.keylapse.registry.outbox.NoticeKind;
import java.net.URI;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Somewhere that is called when something is to be told.
 *
 * @param kinds which notices; empty for all
 * @param owners of whose keys; empty for all
 * @param disabledAt since when nothing is sent there; null while it is
 * @param disabledBecause why, for people
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

    /** Whether any notice of that kind goes there. */
    public boolean wants(NoticeKind kind) {
        return disabledAt == null && (kinds.isEmpty() || kinds.contains(kind));
    }

    /** Whether this notice goes there. */
    public boolean wants(Notice notice) {
        return wants(notice.kind()) && (owners.isEmpty() || owners.contains(notice.owner()));
    }
}
