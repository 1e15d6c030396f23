package io.keylapse.active.redis;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.ClientOptions.DisconnectedBehavior;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.SocketOptions.KeepAliveOptions;
import io.lettuce.core.SocketOptions.TcpUserTimeoutOptions;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.protocol.ProtocolVersion;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.Delay;
import io.micronaut.context.annotation.Bean;
import io.micronaut.context.annotation.Factory;
import io.micronaut.context.exceptions.ConfigurationException;
import io.netty.channel.epoll.Epoll;
import io.netty.util.NetUtil;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** Makes the Redis client, set so that a sick Redis costs a bounded time and no memory. */
@Factory
final class RedisFactory {
    /** How long any command may take before its caller goes to Postgres instead. */
    static final Duration COMMAND_TIMEOUT = Duration.ofMillis(250);

    private static final int MOST_COMMANDS_UNDER_WAY = 16_384;

    @Singleton
    RedisURI redisUri(RedisSettings settings) {
        RedisURI uri;
        try {
            uri = RedisURI.create(settings.uri());
        } catch (IllegalArgumentException e) {
            // The text of the exception may quote the URI, and with it the password.
            throw new ConfigurationException(
                    "keylapse.redis.uri (KEYLAPSE_REDIS_URI) is not a Redis URI such as redis://host:6379");
        }
        if (uri.getHost() == null || !isHost(uri.getHost()) || settings.uri().contains(",")) {
            throw new ConfigurationException(
                    "keylapse.redis.uri (KEYLAPSE_REDIS_URI) must name one Redis server, such as"
                            + " redis://host:6379; Sentinel and Cluster are not supported yet");
        }
        uri.setClientName("keylapse");
        return uri;
    }

    /** Lettuce takes what should have been a port for a part of the name. */
    private static boolean isHost(String host) {
        return !host.contains(":") || NetUtil.isValidIpV6Address(host);
    }

    @Singleton
    @Bean(preDestroy = "shutdown")
    ClientResources clientResources() {
        return ClientResources.builder()
                // Lettuce would wait up to 30 s between attempts, while every check costs a query.
                .reconnectDelay(
                        Delay.exponential(Duration.ofMillis(10), Duration.ofSeconds(1), 2, TimeUnit.MILLISECONDS))
                .build();
    }

    @Singleton
    @Bean(preDestroy = "shutdown")
    RedisClient redisClient(ClientResources resources, RedisURI uri) {
        var client = RedisClient.create(resources, uri);
        client.setOptions(ClientOptions.builder()
                .protocolVersion(ProtocolVersion.RESP3)
                // Better an error now, and an answer from Postgres, than a command that waits for a connection.
                .disconnectedBehavior(DisconnectedBehavior.REJECT_COMMANDS)
                // What the filter says yes to is dropped: a command sent again after a reconnect might come too late.
                .replayFilter(command -> true)
                .requestQueueSize(MOST_COMMANDS_UNDER_WAY)
                .timeoutOptions(TimeoutOptions.enabled(COMMAND_TIMEOUT))
                .socketOptions(socketOptions())
                .build());
        return client;
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
