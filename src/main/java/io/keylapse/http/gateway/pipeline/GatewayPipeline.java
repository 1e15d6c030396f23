package io.keylapse.http.gateway.pipeline;

import io.keylapse.http.Draining;
import io.keylapse.http.connection.BrokenConnections;
import io.keylapse.http.connection.ConnectionSettings;
import io.keylapse.http.connection.IdleConnection;
import io.keylapse.http.connection.RequestDecoder;
import io.keylapse.http.connection.RequestSequencer;
import io.keylapse.http.connection.framing.RequestErrorWriter;
import io.keylapse.http.connection.lane.LaneSelector;
import io.keylapse.http.connection.lane.RequestLane;
import io.keylapse.http.gateway.CheckEndpoint;
import io.keylapse.http.gateway.Question;
import io.keylapse.http.gateway.tls.GatewayTls;
import io.micronaut.context.event.BeanCreatedEvent;
import io.micronaut.context.event.BeanCreatedEventListener;
import io.micronaut.http.HttpVersion;
import io.micronaut.http.netty.channel.ChannelPipelineCustomizer;
import io.micronaut.http.server.netty.NettyServerCustomizer;
import io.micronaut.http.server.netty.configuration.NettyHttpServerConfiguration;
import io.netty.channel.Channel;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ServerChannel;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.timeout.IdleStateHandler;
import jakarta.inject.Singleton;
import org.jspecify.annotations.Nullable;

/**
 * Sets up the Netty pipelines of a server: counts its connections, and puts a {@link RequestSequencer} and a {@link
 * CheckHandler} in front of Micronaut on each HTTP/1 connection.
 */
@Singleton
final class GatewayPipeline implements BeanCreatedEventListener<NettyServerCustomizer.Registry> {
    private final CheckEndpoint endpoint;
    private final GatewayProbes probes;
    private final Draining draining;
    private final Connections connections;
    private final LaneSelector lanes;
    private final RequestErrorWriter errors;
    private final ConnectionSettings limits;
    private final NettyHttpServerConfiguration configuration;
    private final BrokenConnections broken = new BrokenConnections();

    GatewayPipeline(
            CheckEndpoint endpoint,
            GatewayProbes probes,
            Draining draining,
            Connections connections,
            LaneSelector lanes,
            RequestErrorWriter errors,
            ConnectionSettings limits,
            NettyHttpServerConfiguration configuration) {
        this.endpoint = endpoint;
        this.probes = probes;
        this.draining = draining;
        this.connections = connections;
        this.lanes = lanes;
        this.errors = errors;
        this.limits = limits;
        this.configuration = configuration;
    }

    @Override
    public NettyServerCustomizer.Registry onCreated(BeanCreatedEvent<NettyServerCustomizer.Registry> event) {
        NettyServerCustomizer.Registry server = event.getBean();
        server.register(new OfServer(configuration, false, null));
        return server;
    }

    /** Makes a server serve only checks and probes, with this TLS unless it is null. */
    void forGateways(
            NettyServerCustomizer.Registry server, NettyHttpServerConfiguration its, @Nullable GatewayTls tls) {
        server.register(new OfServer(its, true, tls));
    }

    private final class OfServer implements NettyServerCustomizer {
        private final NettyHttpServerConfiguration configuration;
        private final boolean alone;
        private final @Nullable GatewayTls tls;

        OfServer(NettyHttpServerConfiguration configuration, boolean alone, @Nullable GatewayTls tls) {
            this.configuration = configuration;
            this.alone = alone;
            this.tls = tls;
        }

        @Override
        public NettyServerCustomizer specializeForChannel(Channel channel, ChannelRole role) {
            if (role == ChannelRole.LISTENER) {
                if (channel instanceof ServerChannel) {
                    channel.pipeline().addLast(alone ? connections.forGateways() : connections.forEverybody());
                }
                return this;
            }
            // Micronaut has not added its handlers yet.
            channel.pipeline().addLast(broken);
            GatewayTls encryption = tls;
            if (encryption != null) {
                encryption.encrypt(channel);
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
                RequestDecoder decoder = replaceCodec();
                replaceIdleHandler();
                var sequencer = new RequestSequencer(decoder, this::lane, errors, limits);
                var check = new CheckHandler(endpoint, draining, sequencer, decoder != null, alone ? probes : null);
                add(sequencer, check, decoder != null);
            }
        }

        private @Nullable RequestLane lane(HttpRequest request) {
            String target = request.uri();
            return Question.isAskedBy(target) || (alone && !GatewayProbes.isAskedBy(target)) ? null : lanes.of(target);
        }

        /**
         * If the codec is ours, the handlers go directly behind it, so that checks do not pass through Micronaut's handlers.
         */
        private void add(RequestSequencer sequencer, CheckHandler check, boolean behindCodec) {
            if (behindCodec) {
                pipeline.addAfter(ChannelPipelineCustomizer.HANDLER_HTTP_SERVER_CODEC, "check", check);
            } else {
                pipeline.addBefore(ChannelPipelineCustomizer.HANDLER_MICRONAUT_INBOUND, "check", check);
            }
            pipeline.addBefore("check", "sequencer", sequencer);
        }

        /** If HTTP/2 is enabled, the codec stays, because it may already have read from this connection. */
        private @Nullable RequestDecoder replaceCodec() {
            if (configuration.getHttpVersion() == HttpVersion.HTTP_2_0 || pipeline.get(HttpServerCodec.class) == null) {
                return null;
            }
            RequestDecoder decoder = AnswerCodec.decoder(configuration);
            pipeline.replace(
                    HttpServerCodec.class,
                    ChannelPipelineCustomizer.HANDLER_HTTP_SERVER_CODEC,
                    new AnswerCodec(decoder));
            return decoder;
        }

        /** Micronaut uses only one event of Netty's handler: that nothing was read or written. */
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
