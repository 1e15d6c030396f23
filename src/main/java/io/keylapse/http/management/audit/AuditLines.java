package io.keylapse.http.management.audit;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.io.SerializedString;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.keylapse.http.CsvCell;
import io.keylapse.registry.audit.AuditEntry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Entries of the audit trail as the lines of an export. */
final class AuditLines {
    private static final SerializedString NEW_LINE = new SerializedString("\n");

    /** The columns: what {@link AuditJson} shows, in the same order. */
    private static final List<Column> COLUMNS = List.of(
            new Column("id", AuditJson::id),
            new Column("at", AuditJson::at),
            new Column("count", entry -> Integer.toString(entry.count())),
            new Column("actorId", entry -> entry.actor().id()),
            new Column("actorName", entry -> entry.actor().name()),
            new Column("action", AuditJson::action),
            new Column("target", AuditJson::target),
            new Column("changes", entry -> String.join(" ", entry.changes())),
            new Column("outcome", AuditJson::outcome),
            new Column("code", AuditJson::code),
            new Column("address", AuditJson::address),
            new Column("requestId", AuditJson::requestId));

    static final String CSV_HEADER = COLUMNS.stream().map(Column::title).collect(Collectors.joining(",", "", "\r\n"));

    private AuditLines() {}

    private record Column(String title, Function<AuditJson, @Nullable String> value) {}

    /** As NDJSON: the objects of pages, one per line. */
    static byte[] ndjson(ObjectMapper mapper, List<AuditEntry> entries) {
        var lines = new ByteArrayOutputStream();
        try (JsonGenerator json = mapper.createGenerator(lines)) {
            json.setRootValueSeparator(NEW_LINE);
            // As in pages: characters beyond 16 bits are written as UTF-8, not as two escapes.
            json.configure(JsonGenerator.Feature.COMBINE_UNICODE_SURROGATES_IN_UTF8, true);
            for (AuditEntry entry : entries) {
                mapper.writeValue(json, AuditJson.of(entry));
            }
            if (!entries.isEmpty()) {
                json.writeRaw(NEW_LINE);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return lines.toByteArray();
    }

    /** As CSV, with one {@link CsvCell} per value. Null values are empty. */
    static byte[] csv(List<AuditEntry> entries) {
        var lines = new StringBuilder();
        for (AuditEntry entry : entries) {
            AuditJson shown = AuditJson.of(entry);
            for (Column column : COLUMNS) {
                String value = column.value.apply(shown);
                if (value != null) {
                    CsvCell.append(value, lines);
                }
                lines.append(',');
            }
            lines.setLength(lines.length() - 1);
            lines.append("\r\n");
        }
        return lines.toString().getBytes(UTF_8);
    }
}
