package io.keylapse.notice.webhook;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.keylapse.key.input.InvalidInputException;
import io.keylapse.key.input.PlainText;
import io.keylapse.notice.WebhookId;
import io.keylapse.notice.delivery.AttemptOutcome;
import io.keylapse.notice.delivery.DeliveryTable;
import io.keylapse.notice.webhook.address.AllowedUrls;
import io.keylapse.notice.webhook.address.AsciiUrl;
import io.keylapse.notice.webhook.signing.SecretBox;
import io.keylapse.notice.webhook.signing.SigningSecrets;
import io.keylapse.registry.audit.Actor;
import io.keylapse.registry.audit.AuditAction;
import io.keylapse.registry.audit.AuditTrail;
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

/** Creates, changes, tests and deletes webhooks. */
@Singleton
public final class WebhookService {
    /** How long the previous secret also signs after a rotation, unless the caller chooses another time. */
    public static final Duration DEFAULT_OVERLAP = Duration.ofHours(24);

    private static final Logger LOG = LoggerFactory.getLogger(WebhookService.class);
    private static final int MAX_DESCRIPTION_CHARACTERS = 200;
    private static final int MAX_OWNERS = 100;
    private static final Duration MAX_OVERLAP = Duration.ofDays(30);

    private final WebhookTable table;
    private final DeliveryTable deliveries;
    private final WebhookChannel channel;
    private final AllowedUrls urls;
    private final SecretBox box;
    private final AuditTrail audit;
    private final Postgres postgres;
    private final SecureRandom random = new SecureRandom();

    WebhookService(
            WebhookTable table,
            DeliveryTable deliveries,
            WebhookChannel channel,
            AllowedUrls urls,
            SecretBox box,
            AuditTrail audit,
            Postgres postgres) {
        this.table = table;
        this.deliveries = deliveries;
        this.channel = channel;
        this.urls = urls;
        this.box = box;
        this.audit = audit;
        this.postgres = postgres;
    }

    /** The properties of a webhook that a caller may set. */
    public record Wanted(URI url, String description, List<NoticeKind> kinds, List<String> owners) {}

    /**
     * A webhook with its signing secret, which is shown only now.
     *
     * @param secret {@code whsec_} and Base64
     */
    public record WithSecret(Webhook webhook, String secret) {
        /** Omits the secret. */
        @Override
        public String toString() {
            return "WithSecret[" + webhook.id() + "]";
        }
    }

    /** Whether webhooks can be created: there must be a key to encrypt their secrets. */
    public boolean areAvailable() {
        return box.canSeal();
    }

    /**
     * Creates a webhook.
     *
     * @throws InvalidInputException if a property breaks a rule
     * @throws IllegalStateException unless {@link #areAvailable}
     */
    public WithSecret create(Wanted wanted, Actor by) {
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
        var _ = postgres.inTransaction(() -> {
            table.insert(webhook, seal(webhook.id(), secret));
            audit.add(by, AuditAction.WEBHOOK_CREATE, webhook.id(), now);
            return webhook;
        });
        LOG.info("created webhook {} host={} by={}", webhook.id(), PlainText.quoted(host(webhook)), by);
        return new WithSecret(webhook, SigningSecrets.text(secret));
    }

    /**
     * Changes a webhook.
     *
     * @param enabled whether it gets notices from now on; null for no change
     * @return the changed webhook; empty if there is none with this id
     * @throws InvalidInputException if a property breaks a rule
     */
    public Optional<Webhook> change(WebhookId id, UnaryOperator<Wanted> change, @Nullable Boolean enabled, Actor by) {
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
                    same ? webhook.disabledBecause() : isEnabled ? null : "disabled by " + by.name() + " (" + by + ")");
            table.update(changed);
            String[] changes = ChangedFields.of(present, wanted, same);
            if (changes.length > 0) {
                audit.add(by, AuditAction.WEBHOOK_CHANGE, id, postgres.now(), changes);
            }
            LOG.info("changed webhook {} host={} by={}", id, PlainText.quoted(host(changed)), by);
            return changed;
        }));
    }

    /**
     * Replaces the signing secret of a webhook. Until the overlap ends, requests are signed with both secrets.
     *
     * @return empty if there is no webhook with this id
     * @throws InvalidInputException if the overlap breaks a rule
     */
    public Optional<WithSecret> rotateSecret(WebhookId id, Duration overlap, Actor by) {
        if (overlap.isNegative() || overlap.compareTo(MAX_OVERLAP) > 0) {
            throw new InvalidInputException("overlap", "must be between PT0S and P30D");
        }
        byte[] secret = newSecret();
        return postgres.inTransaction(() -> table.find(id).map(webhook -> {
            table.replaceSecret(id, seal(id, secret), overlap);
            audit.add(by, AuditAction.WEBHOOK_ROTATE_SECRET, id, postgres.now());
            LOG.info("rotated the secret of webhook {} by={}", id, by);
            return new WithSecret(webhook, SigningSecrets.text(secret));
        }));
    }

    /**
     * Deletes a webhook and cancels its pending deliveries.
     *
     * @return false if there is none with this id
     */
    public boolean delete(WebhookId id, Actor by) {
        boolean deleted = postgres.inTransaction(() -> {
            // Locked first, so that no delivery to it can be added.
            if (table.lock(id).isEmpty()) {
                return false;
            }
            deliveries.cancel(id);
            audit.add(by, AuditAction.WEBHOOK_DELETE, id, postgres.now());
            return table.delete(id);
        });
        if (deleted) {
            LOG.info("deleted webhook {} by={}", id, by);
        }
        return deleted;
    }

    /** Sends a test call. Empty if there is no webhook with this id. */
    public Optional<AttemptOutcome> test(WebhookId id, Actor by) {
        return table.find(id).map(webhook -> {
            Instant now = postgres.now();
            audit.add(by, AuditAction.WEBHOOK_TEST, id, now);
            return channel.test(webhook, NoticeId.generate(now).toString());
        });
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

    /** Validates a change. A stored URL stays valid even if the rules or settings have become stricter since. */
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
