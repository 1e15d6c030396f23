package io.keylapse.http.management.history;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.io.SerializedString;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.keylapse.http.CsvCell;
import io.keylapse.key.input.Rfc3339;
import io.keylapse.registry.ending.BlacklistEntry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Blacklist entries as the lines of an export. It converts many at once, because any cost per line adds up. */
final class BlacklistLines {
    private static final SerializedString NEW_LINE = new SerializedString("\n");

    /** The columns: what {@link BlacklistJson} shows of the entry itself, in the same order. */
    private static final Column[] COLUMNS = {
        new Column("keyId", entry -> entry.keyId().toString()),
        new Column("owner", BlacklistEntry::owner),
        new Column("name", BlacklistEntry::name),
        new Column("hint", BlacklistEntry::hint),
        new Column("reason", entry -> entry.reason().word()),
        new Column("detail", BlacklistEntry::detail),
        new Column(
                "endedBy",
                entry -> entry.endedBy() == null ? null : entry.endedBy().toString()),
        new Column("endedAt", entry -> Rfc3339.format(entry.endedAt())),
        new Column("recordedAt", entry -> Rfc3339.format(entry.recordedAt())),
        new Column("source", entry -> entry.source().word()),
        new Column("reinstatedAt", entry -> Rfc3339.formatNullable(entry.reinstatedAt()))
    };

    static final String CSV_HEADER =
            Arrays.stream(COLUMNS).map(column -> column.title.getValue()).collect(Collectors.joining(",", "", "\r\n"));

    private BlacklistLines() {}

    private record Column(SerializedString title, Function<BlacklistEntry, @Nullable String> value) {
        Column(String title, Function<BlacklistEntry, @Nullable String> value) {
            this(new SerializedString(title), value);
        }
    }

    /** As NDJSON, one object per line. Null fields are absent. */
    static byte[] ndjson(ObjectMapper mapper, List<BlacklistEntry> entries) {
        var lines = new ByteArrayOutputStream();
        try (JsonGenerator json = mapper.createGenerator(lines)) {
            json.setRootValueSeparator(NEW_LINE);
            // As in pages: characters beyond 16 bits are written as UTF-8, not as two escapes.
            json.configure(JsonGenerator.Feature.COMBINE_UNICODE_SURROGATES_IN_UTF8, true);
            for (BlacklistEntry entry : entries) {
                json.writeStartObject();
                for (Column column : COLUMNS) {
                    String value = column.value.apply(entry);
                    if (value != null) {
                        json.writeFieldName(column.title);
                        json.writeString(value);
                    }
                }
                json.writeEndObject();
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
    static byte[] csv(List<BlacklistEntry> entries) {
        var lines = new StringBuilder();
        for (BlacklistEntry entry : entries) {
            for (Column column : COLUMNS) {
                String value = column.value.apply(entry);
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
