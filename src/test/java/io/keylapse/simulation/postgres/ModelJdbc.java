package io.keylapse.simulation.postgres;

import io.keylapse.simulation.postgres.ModelPostgres.Row;
import io.micronaut.data.connection.ConnectionOperations;
import io.micronaut.data.connection.ConnectionStatus;
import io.micronaut.transaction.TransactionCallback;
import io.micronaut.transaction.TransactionOperations;
import java.lang.reflect.Proxy;
import java.lang.reflect.UndeclaredThrowableException;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import javax.sql.DataSource;

/** The parts of JDBC and of Micronaut's transactions that {@code Postgres} uses, on a {@link ModelPostgres}. */
public final class ModelJdbc {
    private static final StackWalker STACK = StackWalker.getInstance();
    private static final Pattern TABLE =
            Pattern.compile("io\\.keylapse\\..*\\.(\\w+Table|ChangeLog|DueKeys|Outbox|AuditTrail)");

    /** A cache of {@link #TABLE} per class name, because each statement tests many class names. */
    private static final Map<String, Boolean> IS_TABLE = new ConcurrentHashMap<>();

    /** Sends statements to the server, and begins and ends transactions. */
    public interface Session {
        boolean isInTransaction();

        <T> T inTransaction(Supplier<T> work);

        /** Sets the statement timeout of this transaction. */
        void giveUpAfter(int millis);

        List<Row> run(String method, String sql, Object[] parameters);
    }

    private ModelJdbc() {}

    @SuppressWarnings("unchecked")
    public static TransactionOperations<Connection> transactions(Session session) {
        return (TransactionOperations<Connection>) proxy(
                TransactionOperations.class, (name, arguments) -> switch (name) {
                    case "executeWrite" ->
                        session.inTransaction(() -> call((TransactionCallback<Connection, ?>) arguments[0]));
                    default -> throw new UnsupportedOperationException("no model of " + name);
                });
    }

    private static <T> T call(TransactionCallback<Connection, T> work) {
        try {
            return work.call(null);
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new UndeclaredThrowableException(e);
        }
    }

    @SuppressWarnings("unchecked")
    public static ConnectionOperations<Connection> connections(Session session) {
        var status = status(connection(session));
        return (ConnectionOperations<Connection>) proxy(ConnectionOperations.class, (name, arguments) -> switch (name) {
            case "execute" -> session.inTransaction(() -> ((Function<Object, ?>) arguments[1]).apply(status));
            case "findConnectionStatus" -> session.isInTransaction() ? Optional.of(status) : Optional.empty();
            case "getConnectionStatus" -> status;
            default -> throw new UnsupportedOperationException("no model of " + name);
        });
    }

    /** A connection whose transactions the caller begins and ends. */
    @SuppressWarnings("unchecked")
    static ConnectionOperations<Connection> inUse(Connection connection) {
        var status = status(connection);
        return (ConnectionOperations<Connection>) proxy(
                ConnectionOperations.class,
                (name, _) -> name.equals("findConnectionStatus") ? Optional.of(status) : status);
    }

    private static Object status(Object connection) {
        return proxy(ConnectionStatus.class, (_, _) -> connection);
    }

    @SuppressWarnings("unchecked")
    static TransactionOperations<Connection> noTransactions() {
        return (TransactionOperations<Connection>) proxy(TransactionOperations.class, (name, _) -> {
            throw new UnsupportedOperationException("no model of " + name);
        });
    }

    /** A data source that must not be used. Production closes broken connections in its pool; the model keeps none. */
    public static DataSource noPool() {
        return (DataSource) proxy(DataSource.class, (name, _) -> {
            throw new UnsupportedOperationException("no model of " + name);
        });
    }

    /** The method of a table that sends the current statement, or {@code Postgres.now}. */
    private static String caller() {
        return tableMethod().orElseGet(() -> {
            boolean isClock = STACK.walk(frames -> frames.anyMatch(frame ->
                    frame.getMethodName().equals("now") && frame.getClassName().endsWith(".registry.sql.Postgres")));
            if (!isClock) {
                throw new UnsupportedOperationException("no model of a statement that no table sends");
            }
            return "Postgres.now";
        });
    }

    private static Optional<String> tableMethod() {
        return STACK.walk(frames -> frames.filter(frame -> IS_TABLE.computeIfAbsent(
                        frame.getClassName(), name -> TABLE.matcher(name).matches()))
                .map(frame -> frame.getClassName()
                                .substring(frame.getClassName().lastIndexOf('.') + 1) + "." + frame.getMethodName())
                .findFirst());
    }

    private static PreparedStatement statement(Session session, String method, String sql) {
        var parameters = new ArrayList<Object>();
        return (PreparedStatement) proxy(PreparedStatement.class, (name, arguments) -> switch (name) {
            case "setObject", "setArray", "setNull" -> {
                parameters.add(name.equals("setNull") ? null : plain(arguments[1]));
                yield null;
            }
            case "getConnection" -> connection(session);
            case "close" -> null;
            case "executeQuery" -> rows(session.run(method, sql, parameters.toArray()));
            case "executeUpdate" ->
                session.run(method, sql, parameters.toArray()).size();
            case "setQueryTimeout" -> null;
            default -> throw new UnsupportedOperationException("no model of " + name);
        });
    }

    private static Object connection(Session session) {
        return proxy(Connection.class, (name, arguments) -> switch (name) {
            case "prepareStatement" -> statement(session, caller(), (String) arguments[0]);
            case "setNetworkTimeout" -> {
                session.giveUpAfter((int) arguments[1]);
                yield null;
            }
            default -> array(arguments[1]);
        });
    }

    private static Object plain(Object parameter) {
        try {
            return switch (parameter) {
                case OffsetDateTime time -> time.toInstant();
                case Array array -> array.getArray();
                default -> parameter;
            };
        } catch (SQLException e) {
            throw new UndeclaredThrowableException(e);
        }
    }

    private static Object array(Object values) {
        return proxy(Array.class, (_, _) -> values);
    }

    private static ResultSet rows(List<Row> rows) {
        var at = new int[] {-1};
        var last = new Object[1];
        return (ResultSet) proxy(ResultSet.class, (name, arguments) -> {
            if (name.equals("next")) {
                return ++at[0] < rows.size();
            }
            if (name.equals("close")) {
                return null;
            }
            if (name.equals("wasNull")) {
                return last[0] == null;
            }
            if (name.equals("findColumn")) {
                // A column that is read by number next is the one that was just read by name.
                last[0] = arguments[0];
                return 0;
            }
            String column = arguments[0] instanceof Integer number
                    ? (number == 0 ? (String) last[0] : number.toString())
                    : (String) arguments[0];
            Row row = rows.get(at[0]);
            if (!row.containsKey(column)) {
                throw new UnsupportedOperationException("no model of column " + column);
            }
            Object value = row.get(column);
            last[0] = value;
            return as(name, value);
        });
    }

    private static Object as(String getter, Object value) {
        return switch (getter) {
            case "getObject" -> value instanceof Instant instant ? instant.atOffset(ZoneOffset.UTC) : value;
            case "getInt" -> value == null ? 0 : ((Number) value).intValue();
            case "getLong" -> value == null ? 0L : ((Number) value).longValue();
            case "getArray" -> value == null ? null : array(value);
            default -> value;
        };
    }

    private static Object proxy(Class<?> type, BiFunction<String, Object[], Object> handler) {
        return Proxy.newProxyInstance(
                ModelJdbc.class.getClassLoader(),
                new Class<?>[] {type},
                (_, method, arguments) -> handler.apply(method.getName(), arguments));
    }
}
