package io.keylapse.http.gateway.pipeline;

import io.keylapse.http.Draining;
import io.keylapse.http.gateway.CheckEndpoint;
import io.micronaut.context.event.BeanCreatedEvent;
import io.micronaut.context.event.BeanCreatedEventListener;
import io.micronaut.http.HttpVersion;
import io.micronaut.http.netty.channel.ChannelPipelineCustomizer;
import io.micronaut.http.server.netty.NettyServerCustomizer;
import io.micronaut.http.server.netty.configuration.NettyHttpServerConfiguration;
import io.netty.channel.Channel;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ServerChannel;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.timeout.IdleStateHandler;
import jakarta.inject.Singleton;

/** Counts the connections of a server, and puts a {@link CheckHandler} in front of Micronaut on each that speaks HTTP/1. */
@Singleton
final class GatewayPipeline implements BeanCreatedEventListener<NettyServerCustomizer.Registry> {
    private final CheckEndpoint endpoint;
    private final Draining draining;
    private final Connections connections;
    private final NettyHttpServerConfiguration configuration;

    GatewayPipeline(
            CheckEndpoint endpoint,
            Draining draining,
            Connections connections,
            NettyHttpServerConfiguration configuration) {
        this.endpoint = endpoint;
        this.draining = draining;
        this.connections = connections;
        this.configuration = configuration;
    }

    @Override
    public NettyServerCustomizer.Registry onCreated(BeanCreatedEvent<NettyServerCustomizer.Registry> event) {
        NettyServerCustomizer.Registry server = event.getBean();
        server.register(new OfServer(configuration, false));
        return server;
    }

    /** Makes a server answer nothing but checks. */
    void checksAlone(NettyServerCustomizer.Registry server, NettyHttpServerConfiguration its) {
        server.register(new OfServer(its, true));
    }

    private final class OfServer implements NettyServerCustomizer {
        private final NettyHttpServerConfiguration configuration;
        private final boolean alone;

        OfServer(NettyHttpServerConfiguration configuration, boolean alone) {
            this.configuration = configuration;
            this.alone = alone;
        }

        @Override
        public NettyServerCustomizer specializeForChannel(Channel channel, ChannelRole role) {
            if (role == ChannelRole.LISTENER) {
                if (channel instanceof ServerChannel) {
                    channel.pipeline().addLast(connections);
                }
                return this;
            }
            return new OfConnection(channel.pipeline(), configuration, alone);
        }
    }

    private final class OfConnection implements NettyServerCustomizer {
        private final ChannelPipeline pipeline;
        private final NettyHttpServerConfiguration configuration;
        private final boolean alone;

        OfConnection(ChannelPipeline pipeline, NettyHttpServerConfiguration configuration, boolean alone) {
            this.pipeline = pipeline;
            this.configuration = configuration;
            this.alone = alone;
        }

        @Override
        public NettyServerCustomizer specializeForChannel(Channel channel, ChannelRole role) {
            return new OfConnection(channel.pipeline(), configuration, alone);
        }

        @Override
        public void onStreamPipelineBuilt() {
            if (pipeline.get(ChannelPipelineCustomizer.HANDLER_MICRONAUT_INBOUND) != null) {
                boolean inBytes = replaceCodec();
                replaceIdleHandler();
                addCheck(new CheckHandler(endpoint, draining, inBytes, alone), inBytes);
            }
        }

        /** Right behind the codec if it is ours: what Micronaut has there for other requests would look at each check. */
        private void addCheck(CheckHandler handler, boolean behindCodec) {
            if (behindCodec) {
                pipeline.addAfter(ChannelPipelineCustomizer.HANDLER_HTTP_SERVER_CODEC, "check", handler);
            } else {
                pipeline.addBefore(ChannelPipelineCustomizer.HANDLER_MICRONAUT_INBOUND, "check", handler);
            }
        }

        /** Where HTTP/2 is spoken too, the codec may already have read from this connection, and stays. */
        private boolean replaceCodec() {
            boolean mayBeReplaced = configuration.getHttpVersion() != HttpVersion.HTTP_2_0
                    && pipeline.get(HttpServerCodec.class) != null;
            if (mayBeReplaced) {
                pipeline.replace(
                        HttpServerCodec.class,
                        ChannelPipelineCustomizer.HANDLER_HTTP_SERVER_CODEC,
                        new AnswerCodec(configuration));
            }
            return mayBeReplaced;
        }

        /** Of what Netty's handler tells, Micronaut heeds only that nothing was read or written. */
        private void replaceIdleHandler() {
            IdleStateHandler idle = pipeline.get(IdleStateHandler.class);
            if (idle != null && idle.getAllIdleTimeInMillis() > 0) {
                pipeline.replace(
                        idle,
                        ChannelPipelineCustomizer.HANDLER_IDLE_STATE,
                        new IdleConnection(idle.getAllIdleTimeInMillis()));
            }
        }
    }
}
