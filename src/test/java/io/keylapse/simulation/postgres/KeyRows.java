package io.keylapse.simulation.postgres;

import io.keylapse.simulation.postgres.ModelPostgres.Row;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** Reads and compares rows of keys. */
final class KeyRows {
    private KeyRows() {}

    static UUID id(Row row) {
        return (UUID) row.get("id");
    }

    static long change(Row row) {
        return (long) row.get("change");
    }

    static byte[] name(Row row) {
        return Arrays.copyOf((byte[]) row.get("digest"), 16);
    }

    /** The row as text, for traces. */
    static String text(Row row) {
        return HexFormat.of().formatHex((byte[]) row.get("digest"), 0, 3) + " version " + row.get("version") + " "
                + row.get("state") + " until " + row.get("expires_at");
    }

    static boolean isActive(Row row, Instant now) {
        Instant deadline = row.instant("expires_at");
        return row.get("state").equals("active") && (deadline == null || deadline.isAfter(now));
    }

    static Stream<Row> keys(Transaction in, Predicate<Row> which) {
        return List.copyOf(in.keys().values()).stream().filter(which);
    }

    static List<Row> readAt(Instant instant, Stream<Row> rows) {
        return rows.map(row -> row.with("read_at", instant)).toList();
    }

    static Predicate<Row> isNamed(Object names) {
        return row -> Arrays.stream((Object[]) names).anyMatch(name -> Arrays.equals((byte[]) name, name(row)));
    }

    /** Whether the row is active with a deadline after the first instant and not after the second. */
    static boolean isDue(Row row, Instant behind, Instant upTo) {
        Instant deadline = row.instant("expires_at");
        return row.get("state").equals("active")
                && deadline != null
                && deadline.isAfter(behind)
                && !deadline.isAfter(upTo);
    }
}
