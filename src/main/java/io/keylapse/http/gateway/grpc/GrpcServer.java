package io.keylapse.http.gateway.grpc;

import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.keylapse.http.Draining;
import io.keylapse.http.HealthProbe;
import io.keylapse.http.gateway.CheckEndpoint;
import io.keylapse.http.gateway.GatewaySettings;
import io.keylapse.http.gateway.pipeline.Connections;
import io.keylapse.http.gateway.pipeline.GrpcSettings;
import io.keylapse.http.gateway.tls.GatewayTls;
import io.keylapse.key.KeyFormat;
import io.micronaut.context.BeanContext;
import io.micronaut.context.annotation.Requires;
import io.micronaut.context.event.ApplicationEventListener;
import io.micronaut.http.HttpVersion;
import io.micronaut.http.netty.channel.EventLoopGroupFactory;
import io.micronaut.http.netty.channel.EventLoopGroupRegistry;
import io.micronaut.http.netty.channel.NettyChannelType;
import io.micronaut.http.server.HttpServerConfiguration;
import io.micronaut.http.server.exceptions.ServerStartupException;
import io.micronaut.http.server.netty.ssl.AbstractServerSslBuilder;
import io.micronaut.http.ssl.ServerSslConfiguration;
import io.micronaut.runtime.graceful.GracefulShutdownCapable;
import io.micronaut.runtime.server.EmbeddedServer;
import io.micronaut.runtime.server.event.ServerStartupEvent;
import io.micronaut.scheduling.TaskExecutors;
import io.netty.channel.Channel;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.handler.ssl.SslContext;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The gRPC server. It runs on the event loops of the HTTP server, on which checks also read from Redis, and has no
 * reflection service.
 *
 * <p>Everything that a client can make it keep is limited: the number of connections together with the HTTP ports, calls,
 * messages and headers here.
 */
@Singleton
@Requires(property = "keylapse.grpc.port")
final class GrpcServer implements ApplicationEventListener<ServerStartupEvent>, GracefulShutdownCapable {
    private static final Logger LOG = LoggerFactory.getLogger(GrpcServer.class);

    /** gRPC's own log, kept here because it would be garbage collected with its level. Clients can cause its warnings. */
    private static final java.util.logging.Logger LIBRARY = java.util.logging.Logger.getLogger("io.grpc");

    /** Bytes of a request. Envoy forwards headers of up to 60 KiB, and may be told to add the body and a certificate. */
    private static final int MAX_MESSAGE = 256 * 1024;

    /** Bytes of HTTP/2 headers, which are few: those of the caller are in the message. */
    private static final int MAX_HEADERS = 16 * 1024;

    /** Calls at once on one connection; more wait at the client. */
    private static final int MAX_CALLS = 1_000;

    /** Bytes that a connection may send before they are processed. */
    private static final int WINDOW = 1024 * 1024;

    /** Streams that a client may cancel per second on one connection. Gateways do so when checks exceed their deadline. */
    private static final int MAX_RESETS = 10_000;

    private final GrpcSettings settings;
    private final BeanContext context;
    private final AuthorizationService checks;
    private final HealthService health;
    private final GatewayTls tls;
    private final ServerSslConfiguration ssl;
    private final Connections connections;
    private @Nullable Server running;

    GrpcServer(
            GrpcSettings settings,
            GatewaySettings gateway,
            BeanContext context,
            CheckEndpoint endpoint,
            KeyFormat format,
            Connections connections,
            GatewayTls tls,
            ServerSslConfiguration ssl,
            Draining draining,
            HealthProbe health,
            @Named(TaskExecutors.BLOCKING) ExecutorService threads) {
        this.settings = settings;
        this.context = context;
        this.checks =
                new AuthorizationService(endpoint, new RequestReader(format, gateway), new ResponseWriter(gateway));
        this.health = new HealthService(health, draining, threads);
        this.tls = tls;
        this.ssl = ssl;
        this.connections = connections;
    }

    @Override
    public void onApplicationEvent(ServerStartupEvent event) {
        if (settings.isSet() && running == null && event.getSource().equals(context.getBean(EmbeddedServer.class))) {
            SslContext tls = tls();
            running = start(tls == null ? onLoopback() : everywhere(), tls);
        }
    }

    private InetSocketAddress onLoopback() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), settings.port());
    }

    private InetSocketAddress everywhere() {
        return context.getBean(HttpServerConfiguration.class)
                .getHost()
                .map(host -> new InetSocketAddress(host, settings.port()))
                .orElseGet(() -> new InetSocketAddress(settings.port()));
    }

    /** TLS with the certificate of the gateway port, which is that of the main port if it has none; null without either. */
    private @Nullable SslContext tls() {
        if (tls.isOn()) {
            return tls.forHttp2();
        }
        if (!ssl.isEnabled()) {
            return null;
        }
        return context.getBean(AbstractServerSslBuilder.class)
                .build(ssl, HttpVersion.HTTP_2_0)
                .orElseThrow();
    }

    private Server start(InetSocketAddress address, @Nullable SslContext tls) {
        LIBRARY.setLevel(Level.SEVERE);
        EventLoopGroup loops = context.getBean(EventLoopGroupRegistry.class).getDefaultEventLoopGroup();
        try {
            Server server = NettyServerBuilder.forAddress(address)
                    .sslContext(tls)
                    .bossEventLoopGroup(loops)
                    .workerEventLoopGroup(loops)
                    .channelFactory(this::listener)
                    // Checks never block; what waits has threads of its own.
                    .directExecutor()
                    .addService(checks)
                    .addService(health)
                    .maxInboundMessageSize(MAX_MESSAGE)
                    .maxInboundMetadataSize(MAX_HEADERS)
                    .maxConcurrentCallsPerConnection(MAX_CALLS)
                    .maxRstFramesPerWindow(MAX_RESETS, 1)
                    .flowControlWindow(WINDOW)
                    .handshakeTimeout(10, TimeUnit.SECONDS)
                    .maxConnectionIdle(5, TimeUnit.MINUTES)
                    .maxConnectionAge(1, TimeUnit.HOURS)
                    .maxConnectionAgeGrace(10, TimeUnit.SECONDS)
                    // Finds peers that vanished.
                    .keepAliveTime(30, TimeUnit.SECONDS)
                    .keepAliveTimeout(10, TimeUnit.SECONDS)
                    .permitKeepAliveTime(5, TimeUnit.SECONDS)
                    .permitKeepAliveWithoutCalls(true)
                    .build()
                    .start();
            LOG.info("serving checks by gRPC on {}{}", address, tls == null ? ", without TLS" : "");
            return server;
        } catch (IOException e) {
            throw new ServerStartupException(
                    "cannot listen on " + address.getHostString() + ":" + address.getPort(), e);
        }
    }

    /** Micronaut's kind of channel, because the loops are Micronaut's. */
    private ServerChannel listener() {
        Channel listener = context.getBean(EventLoopGroupFactory.class)
                .channelInstance(
                        NettyChannelType.SERVER_SOCKET,
                        context.getBean(EventLoopGroupRegistry.class)
                                .getEventLoopGroupConfiguration("default")
                                .orElseThrow());
        listener.pipeline().addLast(connections.forGateways());
        return (ServerChannel) listener;
    }

    /** Clients are told to go away. Calls in progress are answered. */
    @Override
    public CompletionStage<?> shutdownGracefully() {
        Server server = running;
        if (server == null) {
            return CompletableFuture.completedStage(null);
        }
        health.end();
        server.shutdown();
        var ended = new CompletableFuture<Void>();
        Thread.ofVirtual().name("grpc-shutdown").start(() -> {
            try {
                server.awaitTermination();
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            }
            ended.complete(null);
        });
        return ended;
    }

    @PreDestroy
    void stop() {
        if (running != null) {
            running.shutdownNow();
        }
    }
}
