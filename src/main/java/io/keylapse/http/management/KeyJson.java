package io.keylapse.http.management;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonRawValue;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import io.keylapse.key.input.IsoDuration;
import io.keylapse.key.input.Rfc3339;
import io.keylapse.lifecycle.ChangeOutcome.Enforcement;
import io.keylapse.registry.KeyRecord;
import io.keylapse.registry.usage.KeyUsage;
import io.keylapse.registry.usage.KeyUsage.Refusals;
import io.keylapse.registry.usage.UsageTable;
import io.keylapse.registry.usage.UsageTable.Usages;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The key object of the API. Null fields are absent. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record KeyJson(
        String id,
        @Nullable String key,
        String owner,
        String name,
        String hint,
        String state,
        List<String> scopes,
        @JsonRawValue String metadata,
        @Nullable Contact contact,
        @Nullable List<String> leadTimes,
        String issuedAt,
        @Nullable String expiresAt,
        @Nullable String lifetime,
        @Nullable String endedAt,
        @Nullable String predecessorId,
        @Nullable String successorId,
        int version,
        @Nullable String enforcement,
        @JsonUnwrapped @Nullable Use use) {

    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Contact(String email, @Nullable String language) {}

    /**
     * When the key was used. Refusals are shown while the key has ended.
     *
     * @param usageKnownSince null if recording has never begun
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Use(
            @Nullable String lastUsedAt,
            @Nullable String lastRefusedAt,
            @Nullable Long refusedCount,
            @Nullable String usageKnownSince) {

        static Use of(KeyRecord key, Usages usages) {
            KeyUsage usage = usages.of(key.id());
            Refusals refused = sinceItsEnd(key.endedAt(), usage.refused());
            return new Use(
                    Rfc3339.formatNullable(usage.lastUsedAt()),
                    refused == null ? null : Rfc3339.format(refused.last()),
                    refused == null ? null : refused.count(),
                    Rfc3339.formatNullable(usages.knownSince()));
        }

        private static @Nullable Refusals sinceItsEnd(@Nullable Instant endedAt, @Nullable Refusals refused) {
            return endedAt != null && refused != null && UsageTable.isAfterEnd(refused.last(), endedAt)
                    ? refused
                    : null;
        }
    }

    /** The key object of a key that was read. */
    public static KeyJson of(KeyRecord key) {
        return of(key, null, null, null);
    }

    /** The key object with its use. */
    public static KeyJson of(KeyRecord key, Usages usages) {
        return of(key, null, null, Use.of(key, usages));
    }

    static KeyJson of(KeyRecord key, @Nullable Enforcement enforcement) {
        return of(key, null, enforcement, null);
    }

    /** The key object with the secret, for the only response that shows it. */
    static KeyJson of(KeyRecord key, @Nullable String secret, @Nullable Enforcement enforcement) {
        return of(key, secret, enforcement, null);
    }

    private static KeyJson of(
            KeyRecord key, @Nullable String secret, @Nullable Enforcement enforcement, @Nullable Use use) {
        String email = key.details().email();
        Instant endedAt = key.endedAt();
        List<Duration> leadTimes = key.details().leadTimes();
        Duration lifetime = key.term().lifetime();
        return new KeyJson(
                key.id().toString(),
                secret,
                key.owner(),
                key.details().name(),
                key.hint(),
                key.state().word(),
                key.details().scopes(),
                key.details().metadata(),
                email == null ? null : new Contact(email, key.details().language()),
                leadTimes == null
                        ? null
                        : leadTimes.stream().map(IsoDuration::format).toList(),
                Rfc3339.format(key.term().issuedAt()),
                Rfc3339.formatNullable(key.term().expiresAt()),
                lifetime == null ? null : IsoDuration.format(lifetime),
                Rfc3339.formatNullable(endedAt),
                key.predecessorId() == null ? null : key.predecessorId().toString(),
                key.term().successorId() == null
                        ? null
                        : key.term().successorId().toString(),
                key.term().version(),
                enforcement == null ? null : enforcement.word(),
                use);
    }

    /** Omits the secret. */
    @Override
    public String toString() {
        return "KeyJson[" + id + "]";
    }
}
