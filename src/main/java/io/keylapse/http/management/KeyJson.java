package io.keylapse.http.management;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonRawValue;
import io.keylapse.key.input.IsoDuration;
import io.keylapse.key.input.Rfc3339;
import io.keylapse.lifecycle.ChangeOutcome.Enforcement;
import io.keylapse.registry.KeyRecord;
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
        @Nullable String enforcement) {

    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Contact(String email, @Nullable String language) {}

    /** The key object of a key that was read. */
    public static KeyJson of(KeyRecord key) {
        return of(key, null, null);
    }

    static KeyJson of(KeyRecord key, @Nullable Enforcement enforcement) {
        return of(key, null, enforcement);
    }

    /** The key object with the secret, for the only response that shows it. */
    static KeyJson of(KeyRecord key, @Nullable String secret, @Nullable Enforcement enforcement) {
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
                enforcement == null ? null : enforcement.word());
    }

    /** Omits the secret. */
    @Override
    public String toString() {
        return "KeyJson[" + id + "]";
    }
}
