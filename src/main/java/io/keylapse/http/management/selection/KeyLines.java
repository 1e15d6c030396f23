package io.keylapse.http.management.selection;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.io.SerializedString;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.keylapse.http.CsvCell;
import io.keylapse.http.management.KeyJson;
import io.keylapse.registry.KeyRecord;
import io.keylapse.registry.usage.UsageTable.Usages;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Keys as the lines of an export. */
final class KeyLines {
    private static final SerializedString NEW_LINE = new SerializedString("\n");

    /** The columns: what {@link KeyJson} shows, flat. */
    private static final List<Column> COLUMNS = List.of(
            new Column("id", KeyJson::id),
            new Column("owner", KeyJson::owner),
            new Column("name", KeyJson::name),
            new Column("hint", KeyJson::hint),
            new Column("state", KeyJson::state),
            new Column("scopes", key -> String.join(" ", key.scopes())),
            new Column("metadata", KeyJson::metadata),
            new Column(
                    "email", key -> key.contact() == null ? null : key.contact().email()),
            new Column(
                    "language",
                    key -> key.contact() == null ? null : key.contact().language()),
            new Column("leadTimes", key -> key.leadTimes() == null ? null : String.join(" ", key.leadTimes())),
            new Column("issuedAt", KeyJson::issuedAt),
            new Column("expiresAt", KeyJson::expiresAt),
            new Column("endedAt", KeyJson::endedAt),
            new Column("predecessorId", KeyJson::predecessorId),
            new Column("successorId", KeyJson::successorId),
            new Column("version", key -> String.valueOf(key.version())),
            new Column("lifetime", KeyJson::lifetime),
            ofUse("lastUsedAt", KeyJson.Use::lastUsedAt),
            ofUse("lastRefusedAt", KeyJson.Use::lastRefusedAt),
            ofUse("refusedCount", use -> use.refusedCount() == null ? null : String.valueOf(use.refusedCount())),
            ofUse("usageKnownSince", KeyJson.Use::usageKnownSince));

    static final String CSV_HEADER = COLUMNS.stream().map(Column::title).collect(Collectors.joining(",", "", "\r\n"));

    private KeyLines() {}

    private record Column(String title, Function<KeyJson, @Nullable String> value) {}

    private static Column ofUse(String title, Function<KeyJson.Use, @Nullable String> value) {
        return new Column(title, key -> key.use() == null ? null : value.apply(key.use()));
    }

    /** As NDJSON: the objects of pages, one per line. */
    static byte[] ndjson(ObjectMapper mapper, List<KeyRecord> keys, Usages usages) {
        var lines = new ByteArrayOutputStream();
        try (JsonGenerator json = mapper.createGenerator(lines)) {
            json.setRootValueSeparator(NEW_LINE);
            // As in pages: characters beyond 16 bits are written as UTF-8, not as two escapes.
            json.configure(JsonGenerator.Feature.COMBINE_UNICODE_SURROGATES_IN_UTF8, true);
            for (KeyRecord key : keys) {
                mapper.writeValue(json, KeyJson.of(key, usages));
            }
            if (!keys.isEmpty()) {
                json.writeRaw(NEW_LINE);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return lines.toByteArray();
    }

    /** As CSV, with one {@link CsvCell} per value. Null values are empty. */
    static byte[] csv(List<KeyRecord> keys, Usages usages) {
        var lines = new StringBuilder();
        for (KeyRecord key : keys) {
            KeyJson shown = KeyJson.of(key, usages);
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
