package io.keylapse.http.management.history;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.keylapse.http.Rfc3339;
import io.keylapse.registry.BlacklistEntry;
import java.util.ArrayList;
import org.jspecify.annotations.Nullable;

/** An entry of the blacklist as the API shows it. What is null is absent, and empty in CSV. */
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
    static final String CSV_HEADER =
            "keyId,owner,name,hint,reason,detail,endedBy,endedAt,recordedAt,source,reinstatedAt\r\n";

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

    /** As a row of CSV (RFC 4180), harmless to spreadsheets. */
    String toCsv() {
        var cells = new ArrayList<String>();
        for (@Nullable
        String value : new @Nullable String[] {
            keyId, owner, name, hint, reason, detail, endedBy, endedAt, recordedAt, source, reinstatedAt
        }) {
            cells.add(value == null ? "" : cell(value));
        }
        return String.join(",", cells) + "\r\n";
    }

    private static String cell(String value) {
        // A spreadsheet would take such text for a formula and run it.
        String harmless = !value.isEmpty() && "=+-@\t\r".indexOf(value.charAt(0)) >= 0 ? "'" + value : value;
        return harmless.chars().anyMatch(c -> c == '"' || c == ',' || c == '\n' || c == '\r')
                ? "\"" + harmless.replace("\"", "\"\"") + "\""
                : harmless;
    }
}
