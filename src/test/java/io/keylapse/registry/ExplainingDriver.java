package io.keylapse.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.DriverPropertyInfo;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.logging.Logger;
import org.jspecify.annotations.NullUnmarked;
import org.postgresql.util.PSQLException;

/**
 * Postgres's driver, which explains every query of keys and entries just before it runs, with the same parameters and
 * on the same connection. So the measured SQL is exactly that of the service.
 */
@NullUnmarked
public final class ExplainingDriver implements Driver {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Queue<Explained> EXPLAINED = new ConcurrentLinkedQueue<>();

    /** The tables whose pages are measured. */
    private static final List<String> READ = List.of("api_key", "blacklist", "notice", "delivery", "audit");

    private final Driver postgres = new org.postgresql.Driver();

    /** A query and its plan. */
    record Explained(String sql, JsonNode plan) {}

    /** The queries explained since the last call. */
    static List<Explained> drain() {
        var all = new ArrayList<Explained>();
        for (Explained next = EXPLAINED.poll(); next != null; next = EXPLAINED.poll()) {
            all.add(next);
        }
        return all;
    }

    @Override
    public Connection connect(String url, Properties info) throws SQLException {
        Connection connection = postgres.connect(url, info);
        return connection == null
                ? null
                : proxy(Connection.class, (_, method, arguments) -> {
                    Object result = call(method, connection, arguments);
                    return method.getName().equals("prepareStatement") && reads((String) arguments[0])
                            ? explaining((PreparedStatement) result, (String) arguments[0], connection)
                            : result;
                });
    }

    /** Whether a statement only reads: explaining a statement runs it once more. */
    private static boolean reads(String sql) {
        return sql.startsWith("SELECT")
                && READ.stream().anyMatch(table -> sql.contains("FROM " + table))
                && !sql.contains("FOR UPDATE");
    }

    private static PreparedStatement explaining(PreparedStatement statement, String sql, Connection connection)
            throws SQLException {
        PreparedStatement explain = connection.prepareStatement("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + sql);
        return proxy(PreparedStatement.class, (_, method, arguments) -> {
            switch (method.getName()) {
                case "setObject", "setString", "setArray", "setNull" -> call(method, explain, arguments);
                case "executeQuery" -> {
                    try (ResultSet row = explain.executeQuery()) {
                        row.next();
                        EXPLAINED.add(new Explained(sql, parse(row.getString(1))));
                    }
                }
                case "close" -> explain.close();
                default -> {}
            }
            return call(method, statement, arguments);
        });
    }

    private static JsonNode parse(String json) {
        try {
            return JSON.readTree(json).get(0).get("Plan");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static <T> T proxy(Class<T> type, InvocationHandler handler) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
    }

    private static Object call(Method method, Object target, Object[] arguments) throws Throwable {
        try {
            return method.invoke(target, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    @Override
    public boolean acceptsURL(String url) throws PSQLException {
        return url.startsWith("jdbc:postgresql:");
    }

    @Override
    public DriverPropertyInfo[] getPropertyInfo(String url, Properties info) {
        return new DriverPropertyInfo[0];
    }

    @Override
    public int getMajorVersion() {
        return postgres.getMajorVersion();
    }

    @Override
    public int getMinorVersion() {
        return postgres.getMinorVersion();
    }

    @Override
    public boolean jdbcCompliant() {
        return false;
    }

    @Override
    public Logger getParentLogger() {
        return Logger.getGlobal();
    }
}
