package io.keylapse.app;

import io.keylapse.harness.Stores;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisException;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanIterator;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.NullUnmarked;

/**
 * Simulates the passing of time: all instants in both stores are moved into the past, so that all clocks still agree,
 * those of the stores, of the nodes and of the receiver.
 */
@NullUnmarked
final class MovedTime {
    private final Stores stores;
    private final long begun = System.nanoTime();
    private Duration moved = Duration.ZERO;

    MovedTime(Stores stores) {
        this.stores = stores;
    }

    /** Moves time on until that much has passed since the beginning; does nothing if it already has. */
    void moveTo(Duration sinceBeginning) {
        Duration missing = sinceBeginning.minus(sinceBeginning());
        if (missing.isPositive()) {
            move(missing);
        }
    }

    Duration sinceBeginning() {
        return moved.plusNanos(System.nanoTime() - begun);
    }

    void move(Duration by) {
        moved = moved.plus(by);
        try (Connection connection = stores.connect();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            // Triggers are off: the history is append-only, and moving time is not a change of a key.
            statement.execute("SET session_replication_role = replica");
            for (String update : updates(statement, by.toMillis())) {
                statement.execute(update);
            }
            connection.commit();
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
        moveRedis(by);
    }

    private static List<String> updates(Statement statement, long millis) throws SQLException {
        var updates = new ArrayList<String>();
        // The rows by which nodes report that they are running stay as they are. Marks of warnings come
        // first, because the planner of warnings locks them before the keys.
        try (ResultSet tables = statement.executeQuery("SELECT table_name, string_agg(format('%1$I = %1$I - interval ''"
                + millis + " ms''', column_name), ', ')"
                + " FROM information_schema.columns WHERE table_schema = 'public'"
                + " AND data_type = 'timestamp with time zone' AND table_name NOT IN ('node', 'management_key')"
                + " GROUP BY table_name ORDER BY table_name <> 'notice_lead', table_name")) {
            while (tables.next()) {
                updates.add("UPDATE " + tables.getString(1) + " SET " + tables.getString(2));
            }
        }
        return updates;
    }

    private void moveRedis(Duration by) {
        RedisClient client = RedisClient.create(stores.redisUri());
        try (var connection = client.connect()) {
            var redis = connection.sync();
            for (var names = ScanIterator.scan(redis, ScanArgs.Builder.matches("kl:*")); names.hasNext(); ) {
                String name = names.next();
                long left = redis.pttl(name);
                if (left > 0 && !name.contains("canary")) {
                    redis.pexpire(name, Math.max(1, left - by.toMillis()));
                }
            }
        } catch (RedisException e) {
            // The command is interrupted. What the node knows is too old when it resumes; the sweep handles that.
            return;
        } finally {
            client.shutdown(Duration.ZERO, Duration.ZERO);
        }
    }
}
