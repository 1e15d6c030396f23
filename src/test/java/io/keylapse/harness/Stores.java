package io.keylapse.harness;

import io.lettuce.core.RedisClient;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.testcontainers.DockerClientFactory;

/**
 * A real Postgres and a real Redis, as containers where a Docker engine is reachable and embedded where not. The switch
 * is {@code -Dkeylapse.test.stores=containers|embedded|auto}; auto is the default. Where {@link PostgresVersion} is chosen,
 * auto means embedded.
 */
public interface Stores extends AutoCloseable {

    /** The stores that tests share, started at first use and stopped with the JVM. */
    static Stores shared() {
        return Shared.STORES;
    }

    /** Stores of one's own, for tests that stop one of them or fill them up. */
    static Stores own() {
        String unlessSaid = PostgresVersion.chosen().isPresent() ? "embedded" : "auto";
        return of(System.getProperty("keylapse.test.stores", unlessSaid));
    }

    /** Embedded stores of one's own, with this major version of Postgres. */
    static Stores ofPostgres(String version) {
        return new OwnStores(PostgresVersion.start(version));
    }

    /** The stores that the switch names. */
    static Stores of(String choice) {
        return inContainers(choice, () -> DockerClientFactory.instance().isDockerAvailable())
                ? new ContainerStores()
                : new OwnStores(PostgresVersion.start());
    }

    /** Whether containers are chosen; only auto asks for a Docker engine. */
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

    /** Asks Redis, past every node. */
    default <T> T redis(Function<RedisCommands<byte[], byte[]>, T> question) {
        RedisClient client = RedisClient.create(redisUri());
        try (var connection = client.connect(ByteArrayCodec.INSTANCE)) {
            return question.apply(connection.sync());
        } finally {
            client.shutdown();
        }
    }

    /** From now on Redis cannot be asked; its data stays. */
    void interruptRedis();

    /** Redis can be asked again. */
    void resumeRedis();

    /** From now on Postgres cannot be asked; its data stays. */
    void interruptPostgres();

    /** Postgres can be asked again. */
    void resumePostgres();

    @Override
    void close();

    /** The settings by which a node finds these stores. */
    default Map<String, Object> settings() {
        return Map.of(
                "keylapse.postgres.url", postgresUrl(),
                "keylapse.postgres.user", postgresUser(),
                "keylapse.postgres.password", postgresPassword(),
                "keylapse.redis.uri", redisUri());
    }

    /** Starts them once. */
    final class Shared {
        private static final Stores STORES = own();

        private Shared() {}
    }
}
