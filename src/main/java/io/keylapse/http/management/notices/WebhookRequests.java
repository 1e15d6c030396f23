package io.keylapse.http.management.notices;

import static io.keylapse.http.management.body.RequestFields.distinctTexts;

import com.fasterxml.jackson.databind.JsonNode;
import io.keylapse.key.input.InvalidInputException;
import io.keylapse.notice.webhook.WebhookService.Wanted;
import io.keylapse.registry.outbox.NoticeKind;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The request bodies of calls about webhooks, and how they are validated. */
final class WebhookRequests {
    private WebhookRequests() {}

    record Create(
            @Nullable String url,
            @Nullable String description,
            @Nullable JsonNode events,
            @Nullable JsonNode owners) {
        Wanted wanted() {
            if (url == null) {
                throw new InvalidInputException("url", "is required");
            }
            return new Wanted(
                    uri(url),
                    description == null ? "" : description,
                    events == null ? List.of() : kinds(events),
                    owners == null ? List.of() : distinctTexts("owners", owners));
        }
    }

    /** A change. Absent fields stay. */
    record Change(
            @Nullable String url,
            @Nullable String description,
            @Nullable JsonNode events,
            @Nullable JsonNode owners,
            @Nullable JsonNode enabled) {
        Wanted applyTo(Wanted present) {
            return new Wanted(
                    url == null ? present.url() : uri(url),
                    description == null ? present.description() : description,
                    events == null ? present.kinds() : kinds(events),
                    owners == null ? present.owners() : distinctTexts("owners", owners));
        }

        @Nullable
        Boolean isEnabled() {
            if (enabled == null) {
                return null;
            }
            if (!enabled.isBoolean()) {
                throw new InvalidInputException("enabled", "must be true or false");
            }
            return enabled.booleanValue();
        }
    }

    record RotateSecret(@Nullable String overlap) {}

    private static URI uri(String text) {
        try {
            return new URI(text);
        } catch (URISyntaxException e) {
            throw new InvalidInputException(
                    "url",
                    "must be a valid URL, percent-encoded where necessary: " + e.getReason() + " at index "
                            + e.getIndex());
        }
    }

    private static List<NoticeKind> kinds(JsonNode events) {
        return distinctTexts("events", events).stream()
                .map(type -> NoticeKind.parse(type)
                        .orElseThrow(() -> new InvalidInputException(
                                "events",
                                "must each be api_key.expiring, api_key.expired, api_key.revoked, api_key.rotated or"
                                        + " api_key.renewed")))
                .toList();
    }
}
