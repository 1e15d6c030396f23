package io.keylapse.notice.delivery;

import io.keylapse.notice.WebhookId;
import io.keylapse.registry.outbox.NoticeId;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The delivery of a notice to one receiver.
 *
 * @param webhookId null for mail, and for a deleted webhook
 * @param target the URL or the mail address
 * @param attempts the number of attempts so far
 * @param givenUpAfter the number of attempts that do not count towards giving up: those before it was last given up, and
 *     those that failed on our side
 * @param nextAttemptAt while pending: when it is tried again or, during an attempt, when that attempt counts as lost
 * @param endedAt when it was delivered, given up or cancelled
 */
public record Delivery(
        DeliveryId id,
        NoticeId noticeId,
        Channel channel,
        @Nullable WebhookId webhookId,
        String target,
        State state,
        int attempts,
        int givenUpAfter,
        @Nullable Instant nextAttemptAt,
        @Nullable Instant endedAt) {

    /** The channels of deliveries. */
    public enum Channel {
        WEBHOOK,
        EMAIL;

        /** The name in Postgres and in JSON. */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** The state of a delivery. */
    public enum State {
        /** Due now or later. */
        PENDING,
        /** The receiver has accepted it. */
        DELIVERED,
        /** Given up; an admin can retry it. */
        DEAD,
        /** Cancelled, because the notice became obsolete or the webhook was deleted. */
        CANCELLED;

        /** The name in Postgres and in JSON. */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }

        /** The state with this name; empty if there is none. */
        public static Optional<State> parse(String word) {
            for (State state : values()) {
                if (state.word().equals(word)) {
                    return Optional.of(state);
                }
            }
            return Optional.empty();
        }
    }
}
