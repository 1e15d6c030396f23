package io.keylapse.app.embedded;

import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.function.Function;

/** Writes to both stores, and reads from them. */
final class StoreClient {

    private StoreClient() {}

    static Connection postgres(EmbeddedStores stores) throws SQLException {
        return DriverManager.getConnection(stores.postgresUrl(), stores.postgresUser(), stores.postgresPassword());
    }

    static <T> T redis(EmbeddedStores stores, Function<RedisCommands<String, String>, T> use) {
        RedisClient client = RedisClient.create(stores.redisUri());
        try (StatefulRedisConnection<String, String> connection = client.connect()) {
            return use.apply(connection.sync());
        } finally {
            client.shutdown();
        }
    }

    static void write(EmbeddedStores stores, String word) throws SQLException {
        try (Connection connection = postgres(stores);
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE word (text text)");
            statement.execute("INSERT INTO word VALUES ('" + word + "')");
        }
        redis(stores, commands -> commands.set("word", word));
    }

    /** The values in both stores, Postgres first. */
    static String read(EmbeddedStores stores) throws SQLException {
        return ask(stores, "SELECT text FROM word") + " " + redis(stores, commands -> commands.get("word"));
    }

    static String ask(EmbeddedStores stores, String query) throws SQLException {
        try (Connection connection = postgres(stores);
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(query)) {
            result.next();
            return result.getString(1);
        }
    }

    static String setting(EmbeddedStores stores, String name) {
        return String.valueOf(
                redis(stores, commands -> commands.configGet(name)).get(name));
    }
}
