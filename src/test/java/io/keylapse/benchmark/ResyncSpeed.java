package io.keylapse.benchmark;

import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import io.lettuce.core.RedisClient;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.sync.RedisCommands;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;

/**
 * Measures how fast an emptied Redis is rebuilt: a million active keys, {@code FLUSHALL}, until the mark is back. The
 * peer is the same number of {@code SET ... PXAT} from a script in a second Redis, the maximum rate of Redis.
 * Arguments: number of keys, number of rounds.
 */
public final class ResyncSpeed {
    private ResyncSpeed() {}

    public static void main(String[] arguments) throws SQLException, InterruptedException {
        int keys = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 1_000_000;
        int rounds = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 5;
        try (Stores stores = Stores.own();
                Stores peer = Stores.own();
                Node _ = Node.start(stores, Map.of());
                var redis = new Redis(stores);
                var alone = new Redis(peer)) {
            issue(stores, keys);
            var resync = new double[rounds];
            var redisAlone = new double[rounds];
            for (int i = 0; i < rounds; i++) {
                redisAlone[i] = keys / alone.fill(keys);
                resync[i] = keys / redis.awaitResync(keys);
                System.out.printf(
                        "round %d: resync %,.0f keys/s, Redis alone %,.0f keys/s%n", i + 1, resync[i], redisAlone[i]);
            }
            System.out.printf(
                    "median of %d: resync %,.0f keys/s, Redis alone %,.0f keys/s, ratio %.2f%n",
                    rounds, median(resync), median(redisAlone), median(resync) / median(redisAlone));
        }
    }

    private static final class Redis implements AutoCloseable {
        private final RedisClient client;
        private final RedisCommands<String, String> commands;

        Redis(Stores stores) {
            client = RedisClient.create(stores.redisUri());
            var connection = client.connect();
            connection.setTimeout(Duration.ofMinutes(5));
            commands = connection.sync();
        }

        /** Writes that many keys, and returns the seconds that it took. */
        double fill(int keys) {
            commands.flushall();
            long begun = System.nanoTime();
            commands.eval(
                    "for i = 1, ARGV[1] do redis.call('SET', 'x' .. i, string.rep('v', 45),"
                            + " 'PXAT', 4102444800000) end return 1",
                    ScriptOutputType.INTEGER,
                    new String[0],
                    Integer.toString(keys));
            return seconds(begun);
        }

        /** Empties Redis and waits until it is trusted again; returns the seconds that it took. */
        double awaitResync(int keys) throws InterruptedException {
            commands.flushall();
            long begun = System.nanoTime();
            while (!String.valueOf(commands.get("kl:follows")).matches(".* at \\d+")) {
                Thread.sleep(20);
            }
            double seconds = seconds(begun);
            if (commands.dbsize() < keys) {
                throw new IllegalStateException("Redis has only " + commands.dbsize() + " keys");
            }
            return seconds;
        }

        @Override
        public void close() {
            client.shutdown();
        }
    }

    private static void issue(Stores stores, int keys) throws SQLException {
        try (Connection connection = DriverManager.getConnection(
                        stores.postgresUrl(), stores.postgresUser(), stores.postgresPassword());
                Statement statement = connection.createStatement()) {
            statement.execute("INSERT INTO api_key (id, digest, owner, name, hint, scopes, metadata, state, end_reason,"
                    + " version, issued_at, expires_at, lifetime_ms)"
                    + " SELECT uuidv7(), sha256(n::text::bytea), 'owner-' || n % 1000, 'key', 'kl_Ab3d...x9Qz',"
                    + " '{read,write}', '{}', 'active', 'expired', 1, now(), now() + interval '30 days',"
                    + " 2592000000 FROM generate_series(1, " + keys + ") n");
            statement.execute("ANALYZE api_key");
        }
    }

    private static double seconds(long begun) {
        return (System.nanoTime() - begun) / 1e9;
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }
}
