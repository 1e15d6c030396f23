package io.keylapse.notice.webhook;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.keylapse.notice.Notice;
import io.keylapse.notice.WebhookId;
import io.keylapse.notice.delivery.AttemptOutcome;
import io.keylapse.notice.delivery.Delivery;
import io.keylapse.notice.delivery.DeliveryChannel;
import io.keylapse.notice.delivery.DeliveryTable;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Carries notices to webhooks, signed. A receiver that says it is gone (410) is not called again. */
@Singleton
final class WebhookChannel implements DeliveryChannel {
    private static final Logger LOG = LoggerFactory.getLogger(WebhookChannel.class);
    private static final int GONE = 410;
    private static final String SECRET_UNREADABLE = "the signing secret cannot be decrypted with the present"
            + " KEYLAPSE_ENCRYPTION_KEY; add the key it was made with to KEYLAPSE_FORMER_ENCRYPTION_KEYS";

    private final WebhookTable webhooks;
    private final DeliveryTable deliveries;
    private final SecretBox box;
    private final WebhookClient client;
    private final Clock clock;
    /** Those of which it was said that their secret cannot be read, so that it is said once. */
    private final Set<WebhookId> unreadable = ConcurrentHashMap.newKeySet();

    WebhookChannel(WebhookTable webhooks, DeliveryTable deliveries, SecretBox box, WebhookClient client, Clock clock) {
        this.webhooks = webhooks;
        this.deliveries = deliveries;
        this.box = box;
        this.client = client;
        this.clock = clock;
    }

    @Override
    public List<Lane> due() {
        return webhooks.due().stream().<Lane>map(ToWebhook::new).toList();
    }

    private final class ToWebhook implements Lane {
        private final Webhook webhook;

        ToWebhook(Webhook webhook) {
            this.webhook = webhook;
        }

        @Override
        public WebhookId receiver() {
            return webhook.id();
        }

        @Override
        public List<Delivery> claim(int limit) {
            return canSignFor(webhook.id()) ? deliveries.claim(webhook.id(), limit) : List.of();
        }

        @Override
        public AttemptOutcome send(Notice notice, Delivery delivery) {
            // As it is now: whoever mended the URL wants those that failed to go there.
            Optional<Webhook> present = webhooks.find(webhook.id());
            if (present.isEmpty()) {
                return AttemptOutcome.refused("the webhook was deleted");
            }
            AttemptOutcome outcome = call(present.get(), notice.id().toString(), Payload.of(notice, clock.instant()));
            if (outcome.status() != null && outcome.status() == GONE) {
                webhooks.disable(webhook.id(), "it answered 410 Gone");
                LOG.warn("webhook {} answered 410 and is disabled", webhook.id());
            }
            return outcome;
        }
    }

    /** What cannot be signed is not taken on: it stays due until the secret can be read, and loses no attempt. */
    private boolean canSignFor(WebhookId id) {
        if (secrets(id).isPresent()) {
            unreadable.remove(id);
            return true;
        }
        if (unreadable.add(id)) {
            LOG.warn("notices to webhook {} wait: {}", id, SECRET_UNREADABLE);
        }
        return false;
    }

    /** Calls a webhook with something that is in no table, to see whether anybody listens. */
    AttemptOutcome test(Webhook webhook, String messageId) {
        return call(webhook, messageId, Payload.test(clock.instant()));
    }

    private AttemptOutcome call(Webhook webhook, String messageId, String body) {
        Optional<SigningSecrets> secrets = secrets(webhook.id());
        if (secrets.isEmpty()) {
            return AttemptOutcome.postponed(SECRET_UNREADABLE);
        }
        Instant now = clock.instant();
        return client.post(
                webhook.url(),
                Map.of(
                        "webhook-id",
                        messageId,
                        "webhook-timestamp",
                        Long.toString(now.getEpochSecond()),
                        "webhook-signature",
                        secrets.get().sign(messageId, now.getEpochSecond(), body)),
                body);
    }

    private Optional<SigningSecrets> secrets(WebhookId id) {
        var opened = new ArrayList<String>(2);
        WebhookTable.Sealed sealed = webhooks.secrets(id).orElse(null);
        if (sealed == null) {
            return Optional.empty();
        }
        byte[] owner = id.toString().getBytes(US_ASCII);
        byte[] current = box.open(sealed.secret(), owner);
        if (current == null) {
            return Optional.empty();
        }
        opened.add(SigningSecrets.text(current));
        byte[] formerSealed = sealed.former();
        byte[] former = formerSealed == null ? null : box.open(formerSealed, owner);
        if (former != null) {
            opened.add(SigningSecrets.text(former));
        }
        return Optional.of(new SigningSecrets(opened));
    }
}
