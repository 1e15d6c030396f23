package io.keylapse.active.redis;

import io.keylapse.background.LoopRegistry;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.ClientOptions.DisconnectedBehavior;
import io.lettuce.core.RedisClient;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.SocketOptions.KeepAliveOptions;
import io.lettuce.core.SocketOptions.TcpUserTimeoutOptions;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.cluster.ClusterClientOptions;
import io.lettuce.core.cluster.ClusterTopologyRefreshOptions;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.metrics.CommandLatencyRecorder;
import io.lettuce.core.protocol.ProtocolVersion;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.Delay;
import io.micronaut.context.annotation.Bean;
import io.micronaut.context.annotation.Context;
import io.micronaut.context.annotation.Factory;
import io.micronaut.http.netty.channel.EventLoopGroupRegistry;
import io.netty.channel.epoll.Epoll;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** Makes the connection to Redis, set so that a sick Redis costs a bounded time and no memory. */
@Factory
final class RedisFactory {
    /** How long any command may take before its caller goes to Postgres instead. */
    static final Duration COMMAND_TIMEOUT = Duration.ofMillis(250);

    /** The same where nobody waits for an answer: of subscriptions, and of bulk writes, which take their turn. */
    static final Duration DEDICATED_TIMEOUT = Duration.ofSeconds(5);

    /** How many commands one connection takes before it rejects more. */
    static final int MAX_COMMANDS_UNDER_WAY = 16_384;

    /** How often a Cluster is asked who has which slots, should nothing have hinted at a change. */
    private static final Duration TOPOLOGY_AGE = Duration.ofSeconds(5);

    /** How often at the most, whatever hints at one; asking opens a connection to each node. */
    private static final Duration TOPOLOGY_MIN_AGE = Duration.ofMillis(500);

    @Singleton
    RedisAddress redisAddress(RedisSettings settings) {
        return RedisAddress.of(settings);
    }

    @Singleton
    @Bean(preDestroy = "shutdown")
    ClientResources clientResources() {
        return ClientResources.builder()
                // Nobody reads what it would measure of every command.
                .commandLatencyRecorder(CommandLatencyRecorder.disabled())
                // Lettuce would wait up to 30 s between attempts, while every check costs a query.
                .reconnectDelay(
                        Delay.exponential(Duration.ofMillis(10), Duration.ofSeconds(1), 2, TimeUnit.MILLISECONDS))
                .build();
    }

    /** Commands go over the event loops of the server; what would hold those up has threads of its own. */
    @Context
    @Bean(preDestroy = "close")
    RedisConnection redisConnection(
            LoopRegistry background, ClientResources own, EventLoopGroupRegistry loops, RedisAddress address) {
        // By the registry, which ends the loops: what a bean needs is destroyed after it, and Micronaut tells by its
        // type.
        ClientResources resources = own.mutate()
                .eventLoopGroupProvider(new ServerEventLoops(loops.getDefaultEventLoopGroup()))
                .build();
        RedisClient dedicated = client(own, DEDICATED_TIMEOUT);
        RedisConnection connection;
        if (address.isCluster()) {
            var client = RedisClusterClient.create(resources, address.uris());
            client.setOptions(clusterOptions());
            connection = new ClusterRedis(address, client, dedicated);
        } else {
            connection = new SingleRedis(address, client(resources, COMMAND_TIMEOUT), dedicated);
        }
        connection.start(background);
        return connection;
    }

    private static RedisClient client(ClientResources resources, Duration timeout) {
        var client = RedisClient.create(resources);
        client.setOptions(set(ClientOptions.builder(), timeout).build());
        return client;
    }

    private static ClusterClientOptions clusterOptions() {
        ClusterClientOptions.Builder options = ClusterClientOptions.builder();
        set(options, COMMAND_TIMEOUT);
        return options.topologyRefreshOptions(ClusterTopologyRefreshOptions.builder()
                        .enablePeriodicRefresh(TOPOLOGY_AGE)
                        .adaptiveRefreshTriggersTimeout(TOPOLOGY_MIN_AGE)
                        .build())
                .build();
    }

    private static ClientOptions.Builder set(ClientOptions.Builder options, Duration timeout) {
        return options.protocolVersion(ProtocolVersion.RESP3)
                // Better an error now, and an answer from Postgres, than a command that waits for a connection.
                .disconnectedBehavior(DisconnectedBehavior.REJECT_COMMANDS)
                // What the filter says yes to is dropped: a command sent again after a reconnect might come too late.
                .replayFilter(command -> true)
                .requestQueueSize(MAX_COMMANDS_UNDER_WAY)
                .timeoutOptions(TimeoutOptions.enabled(timeout))
                .socketOptions(socketOptions());
    }

    private static SocketOptions socketOptions() {
        return SocketOptions.builder()
                .connectTimeout(Duration.ofSeconds(2))
                .keepAlive(KeepAliveOptions.builder()
                        .enable()
                        .idle(Duration.ofSeconds(5))
                        .interval(Duration.ofSeconds(1))
                        .count(3)
                        .build())
                .tcpUserTimeout(TcpUserTimeoutOptions.builder()
                        .enable(Epoll.isAvailable())
                        .tcpUserTimeout(Duration.ofSeconds(3))
                        .build())
                .build();
    }
}
