package io.keylapse.campaign;

import io.keylapse.campaign.log.Evidence;
import io.keylapse.campaign.log.Evidence.EndingRow;
import io.keylapse.campaign.log.Evidence.Entry;
import io.keylapse.campaign.log.Evidence.KeyRow;
import io.keylapse.campaign.stage.Stage;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanIterator;
import io.lettuce.core.api.sync.RedisCommands;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/** Reads the content of the stores directly, without the services and their code. */
final class EvidenceReader {
    private static final byte[] PREFIX = "kl:".getBytes(StandardCharsets.US_ASCII);
    private static final int HEADER_LENGTH = 1 + 4 + 8;
    private static final int NAME_LENGTH = PREFIX.length + 16;
    private static final String KEYS =
            "SELECT id::text, encode(substring(digest FROM 1 FOR 16), 'hex'), state, version,"
                    + " issued_at, expires_at, ended_at FROM api_key";
    private static final String ENDINGS =
            "SELECT key_id::text, version, reason, ended_at, recorded_at, source FROM blacklist";

    private EvidenceReader() {}

    private interface RowReader<T> {
        T read(ResultSet row) throws SQLException;
    }

    static Evidence read(Stage stage) throws SQLException {
        Instant takenAt = Instant.now();
        try (var connection = stage.postgres()) {
            // One snapshot of both tables.
            connection.setAutoCommit(false);
            connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            List<KeyRow> keys = rows(
                    connection,
                    KEYS,
                    row -> new KeyRow(
                            row.getString(1),
                            row.getString(2),
                            row.getString(3),
                            row.getInt(4),
                            instant(row, 5),
                            instant(row, 6),
                            instant(row, 7)));
            List<EndingRow> endings = rows(
                    connection,
                    ENDINGS,
                    row -> new EndingRow(
                            row.getString(1),
                            row.getInt(2),
                            row.getString(3),
                            instant(row, 4),
                            instant(row, 5),
                            row.getString(6)));
            return new Evidence(takenAt, keys, endings, stage.redis().ask(EvidenceReader::entries));
        }
    }

    private static <T> List<T> rows(Connection connection, String sql, RowReader<T> reader) throws SQLException {
        var rows = new ArrayList<T>();
        try (var statement = connection.createStatement();
                var result = statement.executeQuery(sql)) {
            while (result.next()) {
                rows.add(reader.read(result));
            }
        }
        return rows;
    }

    private static Instant instant(ResultSet row, int column) throws SQLException {
        OffsetDateTime value = row.getObject(column, OffsetDateTime.class);
        return value == null ? null : value.toInstant();
    }

    private static List<Entry> entries(RedisCommands<byte[], byte[]> redis) {
        // The service's other values in Redis have names of other lengths.
        byte[][] names = ScanIterator.scan(redis, ScanArgs.Builder.limit(1_000)).stream()
                .filter(name ->
                        name.length == NAME_LENGTH && Arrays.equals(name, 0, PREFIX.length, PREFIX, 0, PREFIX.length))
                .toArray(byte[][]::new);
        return names.length == 0
                ? List.of()
                : redis.mget(names).stream()
                        .filter(entry -> entry.hasValue() && entry.getValue().length >= HEADER_LENGTH)
                        .map(entry -> decode(entry.getKey(), entry.getValue()))
                        .distinct()
                        .toList();
    }

    /** Decodes an entry: kind (1 byte), version (4), instant in ms (8), and more that is not needed here. */
    private static Entry decode(byte[] name, byte[] value) {
        var in = ByteBuffer.wrap(value);
        boolean live = in.get() == 'L';
        int version = in.getInt();
        long millis = in.getLong();
        return new Entry(
                HexFormat.of().formatHex(name, PREFIX.length, name.length),
                live,
                version,
                millis == 0 ? null : Instant.ofEpochMilli(millis));
    }
}
