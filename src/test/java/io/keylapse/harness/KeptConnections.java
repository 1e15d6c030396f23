package io.keylapse.harness;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collections;
import java.util.Map;
import java.util.Queue;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.postgresql.PGConnection;

/**
 * Idle connections of the tests to each database, for the next statement: to connect takes Postgres and the driver some
 * 20 ms of processor time. A connection that has ended meanwhile is replaced.
 */
final class KeptConnections {
    private static final int SECONDS_TO_ANSWER = 1;

    private static final Map<Database, Queue<Connection>> IDLE = Collections.synchronizedMap(new WeakHashMap<>());

    private KeptConnections() {}

    /** What is done with a connection. */
    interface Work<T> {
        T on(Connection connection) throws SQLException;
    }

    static <T> T with(Database database, Work<T> work) throws SQLException {
        Queue<Connection> idle = IDLE.computeIfAbsent(database, _ -> new ConcurrentLinkedQueue<>());
        Connection connection = take(idle, database);
        try {
            T result = work.on(connection);
            idle.add(connection);
            return result;
        } catch (SQLException | RuntimeException e) {
            connection.close();
            throw e;
        }
    }

    private static Connection take(Queue<Connection> idle, Database database) throws SQLException {
        for (Connection kept = idle.poll(); kept != null; kept = idle.poll()) {
            if (kept.isValid(SECONDS_TO_ANSWER)) {
                return kept;
            }
            kept.close();
        }
        Connection connection = database.connect();
        // A statement that the server has prepared fails once the columns of its tables have changed.
        connection.unwrap(PGConnection.class).setPrepareThreshold(0);
        return connection;
    }
}
