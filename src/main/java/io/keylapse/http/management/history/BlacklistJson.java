package io.keylapse.http.management.history;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.keylapse.http.Rfc3339;
import io.keylapse.registry.BlacklistEntry;
import org.jspecify.annotations.Nullable;

/** An entry of the blacklist as the API shows it. What is null is absent. */
@JsonInclude(JsonInclude.Include.NON_NULL)
record BlacklistJson(
        String keyId,
        String owner,
        String name,
        String hint,
        String reason,
        @Nullable String detail,
        @Nullable String endedBy,
        String endedAt,
        String recordedAt,
        String source,
        @Nullable String reinstatedAt) {
    static BlacklistJson of(BlacklistEntry entry) {
        return new BlacklistJson(
                entry.keyId().toString(),
                entry.owner(),
                entry.name(),
                entry.hint(),
                entry.reason().word(),
                entry.detail(),
                entry.endedBy() == null ? null : entry.endedBy().toString(),
                Rfc3339.format(entry.endedAt()),
                Rfc3339.format(entry.recordedAt()),
                entry.source().word(),
                Rfc3339.formatNullable(entry.reinstatedAt()));
    }
}
