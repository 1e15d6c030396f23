package io.keylapse.notice.mail;

import io.keylapse.key.KeyId;
import io.keylapse.key.RenewUrl;
import io.keylapse.key.RenewalWindow;
import io.keylapse.key.ServiceIdentity;
import io.keylapse.notice.Notice;
import io.keylapse.registry.outbox.NoticeId;
import io.keylapse.registry.outbox.NoticeKind;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.FormatStyle;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Renders notices as mail in text and HTML, in the owner's language if there are templates for it, otherwise in English.
 * Remaining times are calculated when the mail is sent.
 */
@Singleton
final class MailRenderer {
    private static final Duration SAMPLE_LEFT = Duration.ofDays(7);

    private final MailTemplates templates;
    private final RenewUrl renewUrl;
    private final RenewalWindow renewal;
    private final ServiceIdentity service;

    /** @throws IllegalArgumentException if a template cannot be rendered */
    MailRenderer(MailTemplates templates, RenewUrl renewUrl, RenewalWindow renewal, ServiceIdentity service) {
        this.templates = templates;
        this.renewUrl = renewUrl;
        this.renewal = renewal;
        this.service = service;
        templates.tryAll(values(
                sample(NoticeKind.EXPIRING, null, Instant.EPOCH),
                MailTemplates.ENGLISH,
                Optional.empty(),
                Instant.EPOCH));
    }

    /** A notice about a sample key, at this instant. */
    static Notice sample(NoticeKind kind, @Nullable String language, Instant now) {
        boolean ended = kind == NoticeKind.EXPIRED || kind == NoticeKind.REVOKED || kind == NoticeKind.REFUSED;
        var id = new UUID(0, 0);
        return new Notice(
                new NoticeId(id),
                kind,
                new KeyId(id),
                1,
                "acme",
                "billing, production",
                "kl_Ab3d...x9Qz",
                null,
                language,
                ended ? now : now.plus(SAMPLE_LEFT),
                kind == NoticeKind.EXPIRING ? SAMPLE_LEFT : null,
                kind == NoticeKind.ROTATED ? new KeyId(id) : null,
                switch (kind) {
                    case REVOKED -> "found in a public repository";
                    case REFUSED -> "expired";
                    default -> null;
                },
                now,
                now);
    }

    /** @param link a link with which the owner renews the key, if there is one; it takes the place of the renewal page */
    RenderedMail write(Notice notice, Optional<String> link, Instant now) {
        String language = templates.language(notice.kind(), notice.language());
        MailTemplates.Pair pair = templates
                .pair(notice.kind(), language)
                .orElseThrow(() -> new IllegalStateException("no template for " + notice.kind()));
        Map<String, Object> values = values(notice, language, link, now);
        String[] parts = pair.text().execute(values).split("\n", 2);
        String subject = parts[0].strip();
        if (subject.isEmpty()) {
            throw new IllegalStateException(
                    "the template " + pair.name() + ".txt has an empty first line, which is the subject");
        }
        return new RenderedMail(
                language,
                subject,
                parts.length > 1 ? parts[1].stripLeading() : "",
                pair.html().execute(values));
    }

    private Map<String, Object> values(Notice notice, String language, Optional<String> link, Instant now) {
        Optional<MailLanguage> included = MailLanguage.of(language);
        DateTimeFormatter dates = included.map(MailLanguage::dates)
                .orElseGet(() -> DateTimeFormatter.ofLocalizedDateTime(FormatStyle.LONG, FormatStyle.SHORT)
                        .withLocale(Locale.forLanguageTag(language)))
                .withZone(ZoneOffset.UTC);
        MailLanguage words = included.orElse(MailLanguage.EN);
        boolean isNamed = !notice.name().isEmpty();
        Instant expiresAt = notice.expiresAt();
        var values = new HashMap<String, Object>();
        values.put("language", language);
        values.put("keyId", notice.keyId().toString());
        values.put("owner", notice.owner());
        values.put("named", isNamed);
        values.put("key", isNamed ? words.quoted(notice.name()) : notice.hint());
        values.put("name", isNamed ? notice.name() : notice.hint());
        values.put("hint", notice.hint());
        values.put("at", dates.format(notice.dueAt()) + " UTC");
        values.put("late", notice.isLateAt(now));
        values.put("accepted", expiresAt == null || now.isBefore(expiresAt));
        if (expiresAt != null) {
            values.put("expiresAt", dates.format(expiresAt) + " UTC");
            values.put("left", words.left(Duration.between(now, expiresAt)));
            values.put("daysLeft", Math.max(0, Duration.between(now, expiresAt).toDays()));
        }
        if (notice.successorId() != null) {
            values.put("successorId", notice.successorId().toString());
        }
        if (notice.detail() != null) {
            values.put("detail", notice.detail());
        }
        if (notice.kind() == NoticeKind.REFUSED && notice.detail() != null) {
            // A template can ask whether the key is expired, revoked or rotated.
            values.put(notice.detail(), true);
        }
        link.or(() -> renewUrl.of(notice.keyId(), notice.owner(), renewal.isOpen(expiresAt, now)))
                .ifPresent(url -> values.put("renewUrl", url));
        if (service.name() != null) {
            values.put("service", service.name());
        }
        if (service.support() != null) {
            values.put("support", service.support());
        }
        service.supportUrl().ifPresent(url -> values.put("supportUrl", url));
        return values;
    }
}
