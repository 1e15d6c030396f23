package io.keylapse.http.management.selection;

import com.fasterxml.jackson.databind.JsonNode;
import io.keylapse.http.management.body.RequestFields;
import io.keylapse.key.KeyId;
import io.keylapse.key.input.InvalidInputException;
import io.keylapse.key.input.InvalidInputException.Violation;
import io.keylapse.registry.sql.page.Cursor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The request bodies of changes of many keys. */
final class BulkRequests {
    /** Maximum number of keys that one call changes. */
    static final int MAX_KEYS = 1_000;

    private BulkRequests() {}

    /** The fields that all of them have. */
    interface Selected {
        @Nullable
        JsonNode ids();

        @Nullable
        JsonNode filter();

        @Nullable
        JsonNode dryRun();

        @Nullable
        String cursor();

        /** The ids, each once; null if there is a filter. */
        default @Nullable List<KeyId> keyIds() {
            if ((ids() == null) == (filter() == null)) {
                String rule = "must be given, or " + (ids() == null ? "%s instead" : "not together with %s");
                throw new InvalidInputException(List.of(
                        new Violation("ids", rule.replace("%s", "filter")),
                        new Violation("filter", rule.replace("%s", "ids"))));
            }
            return ids() == null
                    ? null
                    : RequestFields.boundedList(
                                    "ids",
                                    ids(),
                                    MAX_KEYS,
                                    "key ids",
                                    (field, id) -> KeyId.parse(RequestFields.text(field, id))
                                            .orElseThrow(() -> new InvalidInputException(
                                                    field,
                                                    "must be a key id: key_ and 22 characters of 0-9, A-Z and a-z")))
                            .stream()
                            .distinct()
                            .toList();
        }

        /** Whether nothing is to be changed. */
        default boolean isDryRun() {
            JsonNode dryRun = dryRun();
            if (dryRun != null && !dryRun.isBoolean()) {
                throw new InvalidInputException("dryRun", "must be true or false");
            }
            return dryRun != null && dryRun.booleanValue();
        }

        /** Where an earlier call stopped; null for the first call. */
        default @Nullable Cursor start() {
            String cursor = cursor();
            return cursor == null || cursor.isEmpty() ? null : Cursor.parse(cursor);
        }
    }

    record Revoke(
            @Nullable JsonNode ids,
            @Nullable JsonNode filter,
            @Nullable JsonNode dryRun,
            @Nullable String cursor,
            @Nullable String reason)
            implements Selected {}

    record Renew(
            @Nullable JsonNode ids,
            @Nullable JsonNode filter,
            @Nullable JsonNode dryRun,
            @Nullable String cursor,
            @Nullable String ttl,
            @Nullable String expiresAt)
            implements Selected {}
}
