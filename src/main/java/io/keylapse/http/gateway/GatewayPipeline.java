package io.keylapse.http.gateway;

import io.micronaut.context.event.BeanCreatedEvent;
import io.micronaut.context.event.BeanCreatedEventListener;
import io.micronaut.http.HttpVersion;
import io.micronaut.http.netty.channel.ChannelPipelineCustomizer;
import io.micronaut.http.server.netty.NettyServerCustomizer;
import io.micronaut.http.server.netty.configuration.NettyHttpServerConfiguration;
import io.netty.channel.Channel;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.HttpServerCodec;
import jakarta.inject.Singleton;

/** Puts a {@link CheckHandler} in front of Micronaut on every HTTP/1 connection. */
@Singleton
final class GatewayPipeline implements BeanCreatedEventListener<NettyServerCustomizer.Registry> {
    private final CheckEndpoint endpoint;
    private final NettyHttpServerConfiguration configuration;

    GatewayPipeline(CheckEndpoint endpoint, NettyHttpServerConfiguration configuration) {
        this.endpoint = endpoint;
        this.configuration = configuration;
    }

    @Override
    public NettyServerCustomizer.Registry onCreated(BeanCreatedEvent<NettyServerCustomizer.Registry> event) {
        NettyServerCustomizer.Registry registry = event.getBean();
        registry.register(new NettyServerCustomizer() {
            @Override
            public NettyServerCustomizer specializeForChannel(Channel channel, ChannelRole role) {
                return new OfConnection(channel.pipeline());
            }
        });
        return registry;
    }

    private final class OfConnection implements NettyServerCustomizer {
        private final ChannelPipeline pipeline;

        OfConnection(ChannelPipeline pipeline) {
            this.pipeline = pipeline;
        }

        @Override
        public NettyServerCustomizer specializeForChannel(Channel channel, ChannelRole role) {
            return new OfConnection(channel.pipeline());
        }

        @Override
        public void onStreamPipelineBuilt() {
            if (pipeline.get(ChannelPipelineCustomizer.HANDLER_MICRONAUT_INBOUND) != null) {
                boolean inBytes = replaceCodec();
                pipeline.addBefore(
                        ChannelPipelineCustomizer.HANDLER_MICRONAUT_INBOUND,
                        "check",
                        new CheckHandler(endpoint, inBytes));
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
    }
}
