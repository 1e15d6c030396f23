package io.keylapse.http.management.history;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.keylapse.http.Rfc3339;
import io.keylapse.notice.delivery.DeliverySummaries.Counts;
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
        @Nullable String reinstatedAt,
        @Nullable ToldJson told) {

    /** The notice of an ending, and how many of its receivers have it, have yet to get it, and were given up. */
    record ToldJson(String noticeId, int delivered, int pending, int dead) {
        static ToldJson of(Counts tidings) {
            return new ToldJson(tidings.notice().toString(), tidings.delivered(), tidings.pending(), tidings.dead());
        }
    }

    static BlacklistJson of(BlacklistEntry entry) {
        return of(entry, null);
    }

    /** With what was told of it; null when nobody would hear. */
    static BlacklistJson of(BlacklistEntry entry, @Nullable Counts told) {
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
                Rfc3339.formatNullable(entry.reinstatedAt()),
                told == null ? null : ToldJson.of(told));
    }
}
