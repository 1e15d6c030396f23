package io.keylapse.notice.webhook;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.keylapse.notice.Notice;
import io.keylapse.notice.WebhookId;
import io.keylapse.notice.delivery.AttemptOutcome;
import io.keylapse.notice.delivery.Delivery;
import io.keylapse.notice.delivery.DeliveryChannel;
import io.keylapse.notice.delivery.DeliveryTable;
import io.keylapse.notice.webhook.signing.SecretBox;
import io.keylapse.notice.webhook.signing.SigningSecrets;
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

/** Delivery channel for webhooks. Requests are signed. A webhook that responds with 410 is disabled. */
@Singleton
final class WebhookChannel implements DeliveryChannel {
    private static final Logger LOG = LoggerFactory.getLogger(WebhookChannel.class);
    private static final int GONE = 410;
    private static final String SECRET_UNREADABLE = "the signing secret cannot be decrypted with the current"
            + " KEYLAPSE_ENCRYPTION_KEY; add the key that it was encrypted with to KEYLAPSE_FORMER_ENCRYPTION_KEYS";

    private final WebhookTable webhooks;
    private final DeliveryTable deliveries;
    private final SecretBox box;
    private final WebhookClient client;
    private final Clock clock;
    /** Webhooks whose unreadable secret has been logged, so that it is logged once. */
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
            // The current URL: after an admin has corrected it, retries must use the new one.
            Optional<Webhook> present = webhooks.find(webhook.id());
            if (present.isEmpty()) {
                return AttemptOutcome.refused("the webhook was deleted");
            }
            AttemptOutcome outcome = call(present.get(), notice.id().toString(), Payload.of(notice, clock.instant()));
            if (outcome.status() != null && outcome.status() == GONE) {
                webhooks.disable(webhook.id(), "it responded with 410 Gone");
                LOG.warn("disabled webhook {}, because it responded with 410", webhook.id());
            }
            return outcome;
        }
    }

    /**
     * Deliveries that cannot be signed are not claimed. They stay due until the secret can be read, and use up no attempt.
     */
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

    /** Sends a test call, which is not stored. */
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
