package io.keylapse.http.management.notices;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.keylapse.key.input.Rfc3339;
import io.keylapse.notice.delivery.WebhookHealth.Failure;
import io.keylapse.notice.delivery.WebhookHealth.Report;
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
        String createdAt,
        @Nullable HealthJson health) {

    /** Whether deliveries to the webhook succeed. Null fields are absent. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record HealthJson(
            String status,
            long pending,
            @Nullable String oldestPendingAt,
            long retrying,
            long dead,
            long deliveredLastDay,
            long deadLastDay,
            @Nullable Double successRate,
            @Nullable String lastDeliveredAt,
            @Nullable FailureJson lastFailure,
            boolean exact) {
        static HealthJson of(Webhook webhook, Report report) {
            String status = webhook.disabledAt() != null
                    ? "disabled"
                    : report.isFailing() ? "failing" : report.lastDeliveredAt() == null ? "unused" : "healthy";
            return new HealthJson(
                    status,
                    report.pending(),
                    Rfc3339.formatNullable(report.oldestPendingAt()),
                    report.retrying(),
                    report.dead(),
                    report.delivered(),
                    report.deadRecently(),
                    report.successRate().orElse(null),
                    Rfc3339.formatNullable(report.lastDeliveredAt()),
                    report.lastFailure() == null ? null : FailureJson.of(report.lastFailure()),
                    report.exact());
        }
    }

    /** The latest failed attempt. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record FailureJson(String at, @Nullable Integer status, String outcome) {
        static FailureJson of(Failure failure) {
            return new FailureJson(Rfc3339.format(failure.at()), failure.status(), failure.outcome());
        }
    }

    static WebhookJson of(Webhook webhook, ShownUrl urls) {
        return of(webhook, urls, null, null);
    }

    /** The webhook with its health; null if that was not counted in time. */
    static WebhookJson withHealth(Webhook webhook, ShownUrl urls, @Nullable Report report) {
        return of(webhook, urls, null, report == null ? null : HealthJson.of(webhook, report));
    }

    /** The webhook with its secret, for the only responses that show it. */
    static WebhookJson withSecret(Webhook webhook, String secret) {
        return of(webhook, ShownUrl.WHOLE, secret, null);
    }

    private static WebhookJson of(
            Webhook webhook, ShownUrl urls, @Nullable String secret, @Nullable HealthJson health) {
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
                Rfc3339.format(webhook.createdAt()),
                health);
    }

    /** Omits the secret. */
    @Override
    public String toString() {
        return "WebhookJson[" + id + "]";
    }
}
