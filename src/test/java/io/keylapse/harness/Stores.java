package io.keylapse.harness;

import io.lettuce.core.RedisClient;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.resource.ClientResources;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.testcontainers.DockerClientFactory;

/**
 * A real Postgres and a real Redis: containers if a Docker engine is reachable, and embedded otherwise. The switch is
 * {@code -Dkeylapse.test.stores=containers|embedded|auto}; auto is the default, and means embedded if a {@link
 * PostgresVersion} is chosen.
 */
public interface Stores extends Database, AutoCloseable {

    /** The stores that tests share, started on first use and stopped with the JVM. */
    static Stores shared() {
        SharedNode.closeIfUnused();
        return Shared.STORES;
    }

    /** Separate stores, for tests that stop a store or fill it up. */
    static Stores own() {
        return CloseAfterTests.register(ofTheSwitch());
    }

    /** Separate embedded stores with this major version of Postgres. */
    static Stores ofPostgres(String version) {
        return CloseAfterTests.register(new OwnStores(PostgresVersion.start(version)));
    }

    private static Stores ofTheSwitch() {
        String unlessSaid = PostgresVersion.chosen().isPresent() ? "embedded" : "auto";
        return of(System.getProperty("keylapse.test.stores", unlessSaid));
    }

    /** The stores for a value of the switch. */
    static Stores of(String choice) {
        return inContainers(choice, () -> DockerClientFactory.instance().isDockerAvailable())
                ? new ContainerStores()
                : new OwnStores(PostgresVersion.start());
    }

    /** Whether to use containers; only auto looks for a Docker engine. */
    static boolean inContainers(String choice, BooleanSupplier dockerIsReachable) {
        return switch (choice) {
            case "containers" -> true;
            case "embedded" -> false;
            case "auto" -> dockerIsReachable.getAsBoolean();
            default ->
                throw new IllegalArgumentException(
                        "keylapse.test.stores must be containers, embedded or auto, not " + choice);
        };
    }

    String postgresUrl();

    String postgresUser();

    String postgresPassword();

    String redisUri();

    @Override
    default Connection connect() throws SQLException {
        return DriverManager.getConnection(postgresUrl(), postgresUser(), postgresPassword());
    }

    /** Commands to Redis directly, on a connection of their own. */
    default RedisCommands<byte[], byte[]> redis() {
        RedisClient client = RedisClient.create(Threads.RESOURCES, redisUri());
        CloseAfterTests.register(client::shutdown);
        return client.connect(ByteArrayCodec.INSTANCE).sync();
    }

    /** Sends a command to Redis directly, not through a node. */
    default <T> T redis(Function<RedisCommands<byte[], byte[]>, T> question) {
        RedisClient client = RedisClient.create(Threads.RESOURCES, redisUri());
        try (var connection = client.connect(ByteArrayCodec.INSTANCE)) {
            return question.apply(connection.sync());
        } finally {
            client.shutdown();
        }
    }

    /** Makes Redis unavailable; its data stays. */
    void interruptRedis();

    /** Makes Redis available again. */
    void resumeRedis();

    /** Makes Postgres unavailable; its data stays. */
    void interruptPostgres();

    /** Makes Postgres available again. */
    void resumePostgres();

    /** A small disk for Postgres; empty if none can be had here. The caller closes it. */
    default Optional<SmallDisk> smallDisk() {
        return SmallDisk.mount();
    }

    @Override
    void close();

    /** The settings for a node on these stores. */
    default Map<String, Object> settings() {
        return Map.of(
                "keylapse.postgres.url", postgresUrl(),
                "keylapse.postgres.user", postgresUser(),
                "keylapse.postgres.password", postgresPassword(),
                "keylapse.redis.uri", redisUri());
    }

    /** What all tests of this JVM share, made on first use. */
    final class Shared {
        static final Stores STORES = ofTheSwitch();

        private Shared() {}
    }

    /** The threads of the tests' own clients of Redis. */
    final class Threads {
        static final ClientResources RESOURCES = ClientResources.create();

        private Threads() {}
    }
}
