package io.keylapse.http.gateway.pipeline;

import io.keylapse.http.gateway.tls.GatewayTls;
import io.micronaut.context.BeanContext;
import io.micronaut.context.event.ApplicationEventListener;
import io.micronaut.http.HttpVersion;
import io.micronaut.http.server.exceptions.ServerStartupException;
import io.micronaut.http.server.netty.NettyEmbeddedServer;
import io.micronaut.http.server.netty.NettyEmbeddedServerFactory;
import io.micronaut.http.server.netty.configuration.NettyHttpServerConfiguration;
import io.micronaut.http.server.netty.configuration.NettyHttpServerConfiguration.NettyListenerConfiguration;
import io.micronaut.http.ssl.ServerSslConfiguration;
import io.micronaut.runtime.graceful.GracefulShutdownCapable;
import io.micronaut.runtime.server.EmbeddedServer;
import io.micronaut.runtime.server.event.ServerStartupEvent;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.concurrent.CompletionStage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A server for checks and probes only, on a port or a socket of its own, so that gateways need no access to the management API.
 *
 * <p>It is a separate server and not another listener of Micronaut's, because a list of listeners would replace those that
 * Micronaut creates from its own settings.
 */
@Singleton
final class GatewayServer implements ApplicationEventListener<ServerStartupEvent>, GracefulShutdownCapable {
    private static final Logger LOG = LoggerFactory.getLogger(GatewayServer.class);
    private static final int NONE = 0;

    private final ListenerSettings settings;
    private final BeanContext context;
    private final NettyEmbeddedServerFactory servers;
    private final GatewayPipeline pipeline;
    private final ServerSslConfiguration ssl;
    private final GatewayTls tls;
    private final List<NettyEmbeddedServer> running = new ArrayList<>(2);

    GatewayServer(
            ListenerSettings settings,
            BeanContext context,
            NettyEmbeddedServerFactory servers,
            GatewayPipeline pipeline,
            ServerSslConfiguration ssl,
            GatewayTls tls) {
        this.settings = settings;
        this.context = context;
        this.servers = servers;
        this.pipeline = pipeline;
        this.ssl = ssl;
        this.tls = tls;
    }

    @Override
    public void onApplicationEvent(ServerStartupEvent event) {
        if (!running.isEmpty() || !event.getSource().equals(context.getBean(EmbeddedServer.class))) {
            return;
        }
        if (settings.port() != NONE) {
            start("port " + settings.port() + (tls.isOn() ? " with TLS" : ""), port(), tls.isOn());
        }
        Path socket = settings.socketPath();
        if (socket != null) {
            start(socket);
        }
    }

    private void start(Path socket) {
        try {
            SocketFile.makeRoom(socket);
            start(socket.toString(), socket(socket), false);
            Files.setPosixFilePermissions(socket, settings.socketPermissions());
        } catch (ServerStartupException e) {
            throw unusable(socket, Objects.requireNonNullElse(e.getCause(), e));
        } catch (IOException e) {
            throw unusable(socket, e);
        }
    }

    private void start(String place, NettyListenerConfiguration listener, boolean withTls) {
        var configuration = context.createBean(NettyHttpServerConfiguration.class);
        // HTTP/2 requests would bypass our handler.
        configuration.setHttpVersion(HttpVersion.HTTP_1_1);
        configuration.setListeners(List.of(listener));
        NettyEmbeddedServer server = servers.build(configuration);
        pipeline.forGateways(server, configuration, withTls ? tls : null);
        server.start();
        running.add(server);
        LOG.info("serving only checks and probes on {}", place);
    }

    private static IllegalArgumentException unusable(Path socket, Throwable why) {
        return new IllegalArgumentException(
                "keylapse.gateway.socket: cannot listen on " + socket + " (" + why.getMessage() + ")", why);
    }

    private NettyListenerConfiguration port() {
        String host =
                context.getBean(NettyHttpServerConfiguration.class).getHost().orElse(null);
        boolean asMainPort = ssl.isEnabled() && !tls.isOn();
        return NettyListenerConfiguration.createTcp(
                host, settings.port(), asMainPort, ssl.getKeyName(), ssl.getTrustName());
    }

    private static NettyListenerConfiguration socket(Path path) {
        var listener = new NettyListenerConfiguration("gateway-socket");
        listener.setFamily(NettyListenerConfiguration.Family.UNIX);
        listener.setPath(path.toString());
        return listener;
    }

    @Override
    public CompletionStage<?> shutdownGracefully() {
        return GracefulShutdownCapable.shutdownAll(running.stream());
    }

    @Override
    public OptionalLong reportActiveTasks() {
        return GracefulShutdownCapable.combineActiveTasks(running);
    }
}
