package io.keylapse.http.management.stream;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.io.SerializedString;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.keylapse.http.CsvCell;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * How objects of the API become the lines of an export: one object a line as NDJSON, flat columns as CSV. It converts a page
 * at once, because any cost per line adds up.
 *
 * @param <T> the objects of the API
 */
public record ExportColumns<T>(List<Column<T>> columns) {
    private static final SerializedString NEW_LINE = new SerializedString("\n");
    private static final String CSV_NEW_LINE = "\r\n";

    /** A column of CSV. Null values are empty cells. */
    public record Column<T>(String title, Function<T, @Nullable String> value) {}

    public ExportColumns {
        columns = List.copyOf(columns);
    }

    /** The first line; empty for none. */
    byte[] header(ExportFormat format) {
        String titles = format == ExportFormat.CSV
                ? columns.stream().map(Column::title).collect(Collectors.joining(",", "", CSV_NEW_LINE))
                : "";
        return titles.getBytes(UTF_8);
    }

    /** The lines of a page. */
    byte[] lines(ExportFormat format, ObjectMapper mapper, List<T> items) {
        return format == ExportFormat.CSV ? csv(items) : ndjson(mapper, items);
    }

    private byte[] csv(List<T> items) {
        var lines = new StringBuilder();
        for (T item : items) {
            for (Column<T> column : columns) {
                String value = column.value.apply(item);
                if (value != null) {
                    CsvCell.append(value, lines);
                }
                lines.append(',');
            }
            lines.setLength(lines.length() - 1);
            lines.append(CSV_NEW_LINE);
        }
        return lines.toString().getBytes(UTF_8);
    }

    private static byte[] ndjson(ObjectMapper mapper, List<?> items) {
        var lines = new ByteArrayOutputStream();
        try (JsonGenerator json = mapper.createGenerator(lines)) {
            json.setRootValueSeparator(NEW_LINE);
            // As in pages: characters beyond 16 bits are written as UTF-8, not as two escapes.
            json.configure(JsonGenerator.Feature.COMBINE_UNICODE_SURROGATES_IN_UTF8, true);
            for (Object item : items) {
                mapper.writeValue(json, item);
            }
            if (!items.isEmpty()) {
                json.writeRaw(NEW_LINE);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return lines.toByteArray();
    }
}
