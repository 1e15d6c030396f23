package io.keylapse.campaign.stage;

import io.keylapse.app.embedded.EmbeddedStores;
import io.keylapse.app.embedded.PostgresPair;
import io.keylapse.campaign.log.Fault.Store;
import io.keylapse.harness.PostgresVersion;
import io.keylapse.harness.TcpProxy;
import io.lettuce.core.RedisClient;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The environment of a campaign: Postgres, a Redis with a replica, two services, and a proxy from each service to each
 * store.
 */
public final class Stage implements AutoCloseable {
    public static final int NODES = 2;

    private static final List<String> JVM_FLAGS = List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx256m");

    private final RedisClient redisClient = RedisClient.create();
    private final EmbeddedStores stores;
    private final PostgresPair postgres;
    private final List<Map<Store, TcpProxy>> wires;
    private final List<ServiceProcess> services;
    private RedisServer primary;
    private RedisServer replica;

    /**
     * Starts everything.
     *
     * @param folder for Redis's data and the services' logs
     */
    public Stage(Path folder) {
        stores = PostgresVersion.start();
        // The stores' own Redis has no replica, so the campaign starts its own two servers.
        stores.redis().stop();
        postgres = new PostgresPair(stores.postgres());
        primary = new RedisServer(redisClient, folder.resolve("redis-0"));
        replica = new RedisServer(redisClient, folder.resolve("redis-1"));
        wires = Stream.generate(() -> Map.of(
                        Store.REDIS,
                        new TcpProxy(primary.port()),
                        Store.POSTGRES,
                        new TcpProxy(postgres.primary().port())))
                .limit(NODES)
                .<Map<Store, TcpProxy>>map(EnumMap::new)
                .toList();
        services = IntStream.range(0, NODES)
                .mapToObj(node ->
                        new ServiceProcess(folder.resolve("service-" + node + ".log"), environment(node), JVM_FLAGS))
                .toList();
        try {
            primary.start();
            replica.startAsReplicaOf(primary);
            services.forEach(ServiceProcess::start);
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    private Map<String, String> environment(int node) {
        return Map.of(
                "KEYLAPSE_POSTGRES_URL",
                "jdbc:postgresql://127.0.0.1:" + wire(node, Store.POSTGRES).port() + "/postgres",
                "KEYLAPSE_POSTGRES_USER",
                stores.postgresUser(),
                "KEYLAPSE_POSTGRES_PASSWORD",
                stores.postgresPassword(),
                "KEYLAPSE_REDIS_URI",
                "redis://:" + RedisServer.PASSWORD + "@127.0.0.1:"
                        + wire(node, Store.REDIS).port());
    }

    public ServiceProcess service(int node) {
        return services.get(node);
    }

    public TcpProxy wire(int node, Store store) {
        return wires.get(node).get(store);
    }

    /** The Postgres primary of the services, and the standby that may replace it. */
    public PostgresPair postgresServers() {
        return postgres;
    }

    /** Points the proxies to that Postgres; this takes effect for new connections. */
    public void leadToPostgres(int port) {
        wires.forEach(each -> each.get(Store.POSTGRES).retarget(port));
    }

    /** The Redis that the services use. */
    public synchronized RedisServer redis() {
        return primary;
    }

    /** The replica of that Redis. */
    public synchronized RedisServer replica() {
        return replica;
    }

    /** Points the proxies to the replica; this takes effect for new connections. */
    public synchronized void switchRedis() {
        RedisServer old = primary;
        primary = replica;
        replica = old;
        wires.forEach(each -> each.get(Store.REDIS).retarget(primary.port()));
    }

    /** A direct connection to the primary, not through a proxy. */
    public Connection postgres() throws SQLException {
        var properties = new Properties();
        properties.setProperty("user", stores.postgresUser());
        properties.setProperty("password", stores.postgresPassword());
        properties.setProperty("connectTimeout", "2");
        properties.setProperty("socketTimeout", "30");
        return DriverManager.getConnection(postgres.primary().url(), properties);
    }

    @Override
    public void close() {
        services.forEach(ServiceProcess::close);
        wires.forEach(each -> each.values().forEach(TcpProxy::close));
        redis().close();
        replica().close();
        redisClient.shutdown();
        // A paused server could not be stopped cleanly.
        postgres.close();
        stores.close();
    }
}
