package io.keylapse.http.management.notices;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.keylapse.key.input.Rfc3339;
import io.keylapse.notice.webhook.Webhook;
import io.keylapse.registry.outbox.NoticeKind;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The webhook object of the API. Null fields are absent. */
@JsonInclude(JsonInclude.Include.NON_NULL)
record WebhookJson(
        String id,
        @Nullable String secret,
        String url,
        String description,
        List<String> events,
        List<String> owners,
        boolean enabled,
        @Nullable String disabledAt,
        @Nullable String disabledBecause,
        String createdAt) {
    static WebhookJson of(Webhook webhook, ShownUrl urls) {
        return of(webhook, urls, null);
    }

    /** The webhook with its secret, for the only responses that show it. */
    static WebhookJson withSecret(Webhook webhook, String secret) {
        return of(webhook, ShownUrl.WHOLE, secret);
    }

    private static WebhookJson of(Webhook webhook, ShownUrl urls, @Nullable String secret) {
        return new WebhookJson(
                webhook.id().toString(),
                secret,
                urls.of(webhook.url().toString()),
                webhook.description(),
                webhook.kinds().stream().map(NoticeKind::type).toList(),
                webhook.owners(),
                webhook.disabledAt() == null,
                Rfc3339.formatNullable(webhook.disabledAt()),
                webhook.disabledBecause(),
                Rfc3339.format(webhook.createdAt()));
    }

    /** Omits the secret. */
    @Override
    public String toString() {
        return "WebhookJson[" + id + "]";
    }
}
