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

/** Factory of the connection to Redis. Its limits bound the time and memory that a failing Redis can cost. */
@Factory
final class RedisFactory {
    /** Timeout of a command, after which its caller asks Postgres instead. */
    static final Duration COMMAND_TIMEOUT = Duration.ofMillis(250);

    /** Timeout of a command on a dedicated connection, where no request waits: subscriptions and bulk writes. */
    static final Duration DEDICATED_TIMEOUT = Duration.ofSeconds(5);

    /** Maximum number of unanswered commands of a connection; more are rejected. */
    static final int MAX_COMMANDS_UNDER_WAY = 16_384;

    /** Interval between reads of the Cluster topology when nothing indicates a change. */
    private static final Duration TOPOLOGY_REFRESH = Duration.ofSeconds(5);

    /** Minimum interval when something indicates a change. Each read opens a connection to every node. */
    private static final Duration MIN_TOPOLOGY_REFRESH = Duration.ofMillis(500);

    @Singleton
    RedisAddress redisAddress(RedisSettings settings) {
        return RedisAddress.of(settings);
    }

    @Singleton
    @Bean(preDestroy = "shutdown")
    ClientResources clientResources() {
        return ClientResources.builder()
                // Its measurements of every command are not used.
                .commandLatencyRecorder(CommandLatencyRecorder.disabled())
                // Lettuce's default is up to 30 s between attempts. Meanwhile every check costs a query.
                .reconnectDelay(
                        Delay.exponential(Duration.ofMillis(10), Duration.ofSeconds(1), 2, TimeUnit.MILLISECONDS))
                .build();
    }

    /** Commands run on the event loops of the server. Subscriptions and bulk writes have their own threads. */
    @Context
    @Bean(preDestroy = "close")
    RedisConnection redisConnection(
            LoopRegistry background, ClientResources own, EventLoopGroupRegistry loops, RedisAddress address) {
        // Injects the registry and not the loops: Micronaut destroys a bean before its dependencies, and the registry
        // shuts the loops down.
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
                        .enablePeriodicRefresh(TOPOLOGY_REFRESH)
                        .adaptiveRefreshTriggersTimeout(MIN_TOPOLOGY_REFRESH)
                        .build())
                .build();
    }

    private static ClientOptions.Builder set(ClientOptions.Builder options, Duration timeout) {
        return options.protocolVersion(ProtocolVersion.RESP3)
                // Fail at once, so that the caller asks Postgres, instead of waiting for a connection.
                .disconnectedBehavior(DisconnectedBehavior.REJECT_COMMANDS)
                // The filter drops every command after a reconnect: resent, it might arrive too late.
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
