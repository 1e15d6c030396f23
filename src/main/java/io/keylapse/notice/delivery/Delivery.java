package io.keylapse.notice.delivery;

import io.keylapse.notice.WebhookId;
import io.keylapse.registry.outbox.NoticeId;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A notice on its way to one receiver.
 *
 * @param webhookId null for mail, and for a webhook that was deleted
 * @param target the URL or the address
 * @param attempts how often it was tried
 * @param givenUpAfter how many of those attempts do not count: they were made before it was last given up, or failed
 *     for a reason of ours
 * @param nextAttemptAt while pending: when it is tried again, or counts as lost if it is being tried
 * @param endedAt when it arrived or was given up
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

    /** The ways that a notice can go. */
    public enum Channel {
        WEBHOOK,
        EMAIL;

        /** The word for it in Postgres and in JSON. */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** How far it has come. */
    public enum State {
        /** On its way. */
        PENDING,
        /** It arrived. */
        DELIVERED,
        /** Given up. */
        DEAD,
        /** Taken back, because it was no longer true. */
        CANCELLED;

        /** The word for it in Postgres and in JSON. */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }

        /** The state for a word, or nothing when there is none. */
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
