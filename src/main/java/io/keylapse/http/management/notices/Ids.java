package io.keylapse.http.management.notices;

import io.keylapse.key.input.InvalidInputException;
import io.keylapse.notice.WebhookId;
import io.keylapse.notice.delivery.DeliveryId;
import io.keylapse.registry.outbox.NoticeId;
import java.util.Optional;

/** Parses ids in paths. A malformed id is a 400, not a 404. */
final class Ids {
    private Ids() {}

    static NoticeId notice(String field, String text) {
        return given(field, "a notice: msg_", NoticeId.parse(text));
    }

    static WebhookId webhook(String field, String text) {
        return given(field, "a webhook: wh_", WebhookId.parse(text));
    }

    static DeliveryId delivery(String field, String text) {
        return given(field, "a delivery: dlv_", DeliveryId.parse(text));
    }

    private static <T> T given(String field, String what, Optional<T> parsed) {
        return parsed.orElseThrow(() -> new InvalidInputException(
                field, "must be the id of " + what + " and 22 characters of 0-9, A-Z and a-z"));
    }
}
