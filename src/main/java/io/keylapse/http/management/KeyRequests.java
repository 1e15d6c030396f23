package io.keylapse.http.management;

import static io.keylapse.http.management.body.RequestFields.boundedList;
import static io.keylapse.http.management.body.RequestFields.distinctTexts;
import static io.keylapse.http.management.body.RequestFields.duration;
import static io.keylapse.http.management.body.RequestFields.instant;
import static io.keylapse.http.management.body.RequestFields.list;
import static io.keylapse.http.management.body.RequestFields.text;

import com.fasterxml.jackson.databind.JsonNode;
import io.keylapse.key.input.InvalidInputException;
import io.keylapse.lifecycle.IssueKeyBatch;
import io.keylapse.lifecycle.rules.Deadline;
import io.keylapse.lifecycle.rules.NewKey;
import io.keylapse.registry.KeyDetails;
import io.keylapse.registry.KeyDetails.Contact;
import java.time.Duration;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The request bodies of calls about keys, and how they are validated. */
public final class KeyRequests {
    private KeyRequests() {}

    record Issue(
            @Nullable String owner,
            @Nullable String name,
            @Nullable String ttl,
            @Nullable String expiresAt,
            @Nullable JsonNode scopes,
            @Nullable JsonNode metadata,
            @Nullable JsonNode contact,
            @Nullable JsonNode leadTimes) {

        NewKey toNewKey() {
            if (owner == null) {
                throw new InvalidInputException("owner", "is required");
            }
            var details = new KeyDetails(
                    name == null ? "" : name,
                    scopes == null || scopes.isNull() ? List.of() : distinctTexts("scopes", scopes),
                    metadata == null ? "{}" : Metadata.write(metadata),
                    KeyRequests.contact(contact),
                    KeyRequests.leadTimes(leadTimes));
            return new NewKey(owner, details, deadline(ttl, expiresAt));
        }
    }

    /** JSON trees, so that an invalid item does not invalidate the others. */
    record Batch(@Nullable JsonNode keys) {
        List<JsonNode> items() {
            return boundedList("keys", keys, IssueKeyBatch.MAX_KEYS, "objects", (_, item) -> item);
        }
    }

    record Checks(@Nullable JsonNode keys) {
        private static final int MAX_KEYS = 1_000;

        /** The keys to check, in order. */
        List<String> texts() {
            return boundedList(
                    "keys",
                    keys,
                    MAX_KEYS,
                    "strings",
                    (field, key) -> text(field, key).strip());
        }
    }

    /** JSON trees, because a null field differs from an absent one. */
    record Change(
            @Nullable JsonNode name,
            @Nullable JsonNode scopes,
            @Nullable JsonNode metadata,
            @Nullable JsonNode contact,
            @Nullable JsonNode leadTimes) {

        /**
         * Applies the change. Absent fields stay; {@code null} removes the contact and resets the lead times to the default.
         */
        KeyDetails applyTo(KeyDetails present) {
            return new KeyDetails(
                    name == null ? present.name() : text("name", name),
                    scopes == null ? present.scopes() : distinctTexts("scopes", scopes),
                    metadata == null ? present.metadata() : Metadata.write(metadata),
                    contact == null ? present.contact() : KeyRequests.contact(contact),
                    leadTimes == null ? present.leadTimes() : KeyRequests.leadTimes(leadTimes));
        }
    }

    record Renew(@Nullable String ttl, @Nullable String expiresAt) {
        Deadline deadline() {
            return KeyRequests.deadline(ttl, expiresAt);
        }
    }

    record Rotate(@Nullable String grace, @Nullable String ttl) {
        Duration graceOr(Duration usual) {
            return grace == null ? usual : duration("grace", grace);
        }

        @Nullable
        Duration lifetime() {
            return ttl == null ? null : duration("ttl", ttl);
        }
    }

    record Revoke(@Nullable String reason) {}

    record LookUp(@Nullable String key) {}

    /**
     * The deadline that a request asks for.
     *
     * @throws InvalidInputException if both are given, or if one is malformed
     */
    public static Deadline deadline(@Nullable String ttl, @Nullable String expiresAt) {
        if (ttl != null && expiresAt != null) {
            throw new InvalidInputException(List.of(
                    new InvalidInputException.Violation("ttl", "must not be given together with expiresAt"),
                    new InvalidInputException.Violation("expiresAt", "must not be given together with ttl")));
        }
        if (ttl != null) {
            return new Deadline.After(duration("ttl", ttl));
        }
        if (expiresAt != null) {
            return new Deadline.At(instant("expiresAt", expiresAt));
        }
        return new Deadline.None();
    }

    private static @Nullable Contact contact(@Nullable JsonNode contact) {
        if (contact == null || contact.isNull()) {
            return null;
        }
        if (!contact.isObject()) {
            throw new InvalidInputException("contact", "must be a JSON object");
        }
        for (Iterator<String> names = contact.fieldNames(); names.hasNext(); ) {
            String name = names.next();
            if (!name.equals("email") && !name.equals("language")) {
                throw new InvalidInputException("contact." + name, "is not a known field");
            }
        }
        JsonNode email = contact.get("email");
        JsonNode language = contact.get("language");
        boolean hasLanguage = language != null && !language.isNull();
        if (email == null || email.isNull()) {
            if (hasLanguage) {
                throw new InvalidInputException("contact.email", "is required together with language");
            }
            return null;
        }
        return new Contact(text("contact.email", email), hasLanguage ? text("contact.language", language) : null);
    }

    /** The lead times without duplicates, longest first. */
    private static @Nullable List<Duration> leadTimes(@Nullable JsonNode leadTimes) {
        if (leadTimes == null || leadTimes.isNull()) {
            return null;
        }
        var times = new TreeSet<Duration>(Comparator.reverseOrder());
        times.addAll(list("leadTimes", leadTimes, "durations", (field, time) -> duration(field, text(field, time))));
        return List.copyOf(times);
    }
}
