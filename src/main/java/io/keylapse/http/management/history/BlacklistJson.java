package io.keylapse.http.management.history;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.keylapse.http.management.notices.ToldJson;
import io.keylapse.http.management.stream.ExportColumns;
import io.keylapse.http.management.stream.ExportColumns.Column;
import io.keylapse.key.input.Rfc3339;
import io.keylapse.notice.delivery.DeliverySummaries.Summary;
import io.keylapse.registry.ending.BlacklistEntry;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The blacklist entry of the API. Null fields are absent. */
@JsonInclude(JsonInclude.Include.NON_NULL)
record BlacklistJson(
        String keyId,
        String owner,
        String name,
        String hint,
        String reason,
        @Nullable String detail,
        @Nullable String endedBy,
        @Nullable String endedByName,
        String endedAt,
        String recordedAt,
        String source,
        @Nullable String reinstatedAt,
        @Nullable ToldJson told) {

    /** The columns of an export: what the entry itself has. */
    static final ExportColumns<BlacklistJson> COLUMNS = new ExportColumns<>(List.of(
            new Column<>("keyId", BlacklistJson::keyId),
            new Column<>("owner", BlacklistJson::owner),
            new Column<>("name", BlacklistJson::name),
            new Column<>("hint", BlacklistJson::hint),
            new Column<>("reason", BlacklistJson::reason),
            new Column<>("detail", BlacklistJson::detail),
            new Column<>("endedBy", BlacklistJson::endedBy),
            new Column<>("endedAt", BlacklistJson::endedAt),
            new Column<>("recordedAt", BlacklistJson::recordedAt),
            new Column<>("source", BlacklistJson::source),
            new Column<>("reinstatedAt", BlacklistJson::reinstatedAt)));

    static BlacklistJson of(BlacklistEntry entry) {
        return of(entry, null, null);
    }

    /**
     * An entry.
     *
     * @param told its delivery summary; null if there are no recipients
     * @param endedByName the name of the management key that ended the key; null if it is not known
     */
    static BlacklistJson of(BlacklistEntry entry, @Nullable Summary told, @Nullable String endedByName) {
        return new BlacklistJson(
                entry.keyId().toString(),
                entry.owner(),
                entry.name(),
                entry.hint(),
                entry.reason().word(),
                entry.detail(),
                entry.endedBy() == null ? null : entry.endedBy().toString(),
                endedByName,
                Rfc3339.format(entry.endedAt()),
                Rfc3339.format(entry.recordedAt()),
                entry.source().word(),
                Rfc3339.formatNullable(entry.reinstatedAt()),
                told == null ? null : ToldJson.of(told));
    }
}
