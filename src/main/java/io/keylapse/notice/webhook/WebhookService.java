package io.keylapse.notice.webhook;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.keylapse.key.ManagementKeyId;
import io.keylapse.key.input.InvalidInputException;
import io.keylapse.key.input.PlainText;
import io.keylapse.notice.WebhookId;
import io.keylapse.notice.delivery.AttemptOutcome;
import io.keylapse.notice.delivery.DeliveryTable;
import io.keylapse.notice.webhook.address.AllowedUrls;
import io.keylapse.notice.webhook.address.AsciiUrl;
import io.keylapse.registry.outbox.NoticeId;
import io.keylapse.registry.outbox.NoticeKind;
import io.keylapse.registry.sql.Postgres;
import jakarta.inject.Singleton;
import java.net.URI;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sets up webhooks, changes, tries out and deletes them. */
@Singleton
public final class WebhookService {
    /** How long the former secret signs as well, unless the caller says otherwise. */
    public static final Duration DEFAULT_OVERLAP = Duration.ofHours(24);

    private static final Logger LOG = LoggerFactory.getLogger(WebhookService.class);
    private static final int MAX_DESCRIPTION_CHARACTERS = 200;
    private static final int MAX_OWNERS = 100;
    private static final Duration MAX_OVERLAP = Duration.ofDays(30);

    private final WebhookTable table;
    private final DeliveryTable deliveries;
    private final WebhookChannel carrier;
    private final AllowedUrls urls;
    private final SecretBox box;
    private final Postgres postgres;
    private final SecureRandom random = new SecureRandom();

    WebhookService(
            WebhookTable table,
            DeliveryTable deliveries,
            WebhookChannel carrier,
            AllowedUrls urls,
            SecretBox box,
            Postgres postgres) {
        this.table = table;
        this.deliveries = deliveries;
        this.carrier = carrier;
        this.urls = urls;
        this.box = box;
        this.postgres = postgres;
    }

    /** What can be said about a webhook. */
    public record Wanted(URI url, String description, List<NoticeKind> kinds, List<String> owners) {}

    /**
     * A webhook, and the one time that its signing secret is shown.
     *
     * @param secret {@code whsec_} and base 64
     */
    public record WithSecret(Webhook webhook, String secret) {
        /** Never shows the secret. */
        @Override
        public String toString() {
            return "WithSecret[" + webhook.id() + "]";
        }
    }

    /** Whether there can be webhooks: their secrets must not be kept in the clear. */
    public boolean areAvailable() {
        return box.canSeal();
    }

    /**
     * Sets up a webhook.
     *
     * @throws InvalidInputException if it breaks a rule
     * @throws IllegalStateException unless {@link #areAvailable}
     */
    public WithSecret create(Wanted wanted, ManagementKeyId by) {
        if (!areAvailable()) {
            throw new IllegalStateException("no key to encrypt the secret with");
        }
        check(wanted, null);
        Instant now = postgres.now();
        var webhook = new Webhook(
                WebhookId.generate(now),
                wanted.url(),
                wanted.description(),
                wanted.kinds(),
                wanted.owners(),
                now,
                null,
                null);
        byte[] secret = newSecret();
        table.insert(webhook, seal(webhook.id(), secret));
        LOG.info("created webhook {} host={} by={}", webhook.id(), PlainText.quoted(host(webhook)), by);
        return new WithSecret(webhook, SigningSecrets.text(secret));
    }

    /**
     * Changes a webhook.
     *
     * @param enabled whether anything is to be sent there from now on; null for as it is
     * @return the webhook as it is then, or nothing when there is none of that id
     * @throws InvalidInputException if it breaks a rule
     */
    public Optional<Webhook> change(
            WebhookId id, UnaryOperator<Wanted> change, @Nullable Boolean enabled, ManagementKeyId by) {
        return postgres.inTransaction(() -> table.lock(id).map(webhook -> {
            var present = new Wanted(webhook.url(), webhook.description(), webhook.kinds(), webhook.owners());
            Wanted wanted = change.apply(present);
            check(wanted, present);
            boolean wasEnabled = webhook.disabledAt() == null;
            boolean isEnabled = enabled == null ? wasEnabled : enabled;
            boolean same = wasEnabled == isEnabled;
            var changed = new Webhook(
                    id,
                    wanted.url(),
                    wanted.description(),
                    wanted.kinds(),
                    wanted.owners(),
                    webhook.createdAt(),
                    same ? webhook.disabledAt() : isEnabled ? null : postgres.now(),
                    same ? webhook.disabledBecause() : isEnabled ? null : "disabled by " + by);
            table.update(changed);
            LOG.info("changed webhook {} host={} by={}", id, PlainText.quoted(host(changed)), by);
            return changed;
        }));
    }

    /**
     * Gives a webhook a new signing secret; requests are signed with both until the overlap is over.
     *
     * @return nothing when there is none of that id
     * @throws InvalidInputException if the overlap breaks a rule
     */
    public Optional<WithSecret> rotateSecret(WebhookId id, Duration overlap, ManagementKeyId by) {
        if (overlap.isNegative() || overlap.compareTo(MAX_OVERLAP) > 0) {
            throw new InvalidInputException("overlap", "must be between PT0S and P30D");
        }
        byte[] secret = newSecret();
        return table.find(id).map(webhook -> {
            table.replaceSecret(id, seal(id, secret), overlap);
            LOG.info("rotated the secret of webhook {} by={}", id, by);
            return new WithSecret(webhook, SigningSecrets.text(secret));
        });
    }

    /** Deletes a webhook and takes back what is on its way there; false when there is none of that id. */
    public boolean delete(WebhookId id, ManagementKeyId by) {
        boolean deleted = postgres.inTransaction(() -> {
            // First, so that nothing can be added that would go there.
            if (table.lock(id).isEmpty()) {
                return false;
            }
            deliveries.cancel(id);
            return table.delete(id);
        });
        if (deleted) {
            LOG.info("deleted webhook {} by={}", id, by);
        }
        return deleted;
    }

    /** Calls a webhook now, once, and says what became of it. */
    public Optional<AttemptOutcome> test(WebhookId id) {
        return table.find(id)
                .map(webhook ->
                        carrier.test(webhook, NoticeId.generate(postgres.now()).toString()));
    }

    private byte[] newSecret() {
        var secret = new byte[SigningSecrets.BYTES];
        random.nextBytes(secret);
        return secret;
    }

    private byte[] seal(WebhookId id, byte[] secret) {
        return box.seal(secret, id.toString().getBytes(US_ASCII));
    }

    private static String host(Webhook webhook) {
        return AsciiUrl.of(webhook.url()).map(URI::getHost).orElse("");
    }

    /** Judges what is new. What is stored already stays usable when a rule or a setting has become stricter. */
    private void check(Wanted wanted, @Nullable Wanted present) {
        var violations = new InvalidInputException.Collector();
        if (present == null || !wanted.url().toString().equals(present.url().toString())) {
            violations.add("url", urls.complaint(wanted.url()));
        }
        violations.add("description", PlainText.complaint(wanted.description(), MAX_DESCRIPTION_CHARACTERS));
        if (wanted.owners().size() > MAX_OWNERS) {
            violations.add(
                    "owners",
                    "must be at most " + MAX_OWNERS + ", but are "
                            + wanted.owners().size());
        }
        for (String owner : wanted.owners()) {
            violations.add(
                    "owners",
                    PlainText.isBlank(owner)
                            ? Optional.of("must not be blank")
                            : PlainText.complaint(owner, MAX_DESCRIPTION_CHARACTERS));
        }
        violations.throwIfAny();
    }
}
