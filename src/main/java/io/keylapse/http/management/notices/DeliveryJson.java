package io.keylapse.http.management.notices;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.keylapse.key.input.Rfc3339;
import io.keylapse.notice.delivery.Attempt;
import io.keylapse.notice.delivery.AttemptOutcome;
import io.keylapse.notice.delivery.Delivery;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The delivery object of the API. Null fields are absent. */
@JsonInclude(JsonInclude.Include.NON_NULL)
record DeliveryJson(
        String id,
        String noticeId,
        String channel,
        @Nullable String webhookId,
        String target,
        String state,
        int attempts,
        @Nullable String nextAttemptAt,
        @Nullable String endedAt,
        @Nullable List<AttemptJson> log) {

    /** One attempt of a delivery. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record AttemptJson(
            int number,
            String begunAt,
            long tookMs,
            @Nullable Integer status,
            String outcome,
            @Nullable String response) {
        static AttemptJson of(Attempt attempt) {
            return new AttemptJson(
                    attempt.number(),
                    Rfc3339.format(attempt.begunAt()),
                    attempt.took().toMillis(),
                    attempt.status(),
                    attempt.outcome(),
                    attempt.response());
        }
    }

    /** The result of a test call to a webhook. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record TestJson(
            String result,
            @Nullable Integer status,
            String outcome,
            @Nullable String response) {
        static TestJson of(AttemptOutcome outcome) {
            return new TestJson(
                    outcome.verdict() == AttemptOutcome.Verdict.DELIVERED
                            ? outcome.verdict().name().toLowerCase(Locale.ROOT)
                            : "failed",
                    outcome.status(),
                    outcome.words(),
                    outcome.response());
        }
    }

    static DeliveryJson of(Delivery delivery, ShownUrl urls) {
        return of(delivery, urls, null);
    }

    /** A delivery with its attempts. */
    static DeliveryJson withLog(Delivery delivery, ShownUrl urls, List<Attempt> log) {
        return of(delivery, urls, log.stream().map(AttemptJson::of).toList());
    }

    private static DeliveryJson of(Delivery delivery, ShownUrl urls, @Nullable List<AttemptJson> log) {
        return new DeliveryJson(
                delivery.id().toString(),
                delivery.noticeId().toString(),
                delivery.channel().word(),
                delivery.webhookId() == null ? null : delivery.webhookId().toString(),
                delivery.channel() == Delivery.Channel.WEBHOOK ? urls.of(delivery.target()) : delivery.target(),
                delivery.state().word(),
                delivery.attempts(),
                Rfc3339.formatNullable(delivery.nextAttemptAt()),
                Rfc3339.formatNullable(delivery.endedAt()),
                log);
    }
}
