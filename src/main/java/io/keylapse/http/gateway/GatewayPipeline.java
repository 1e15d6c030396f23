package io.keylapse.http.gateway;

import io.micronaut.context.event.BeanCreatedEvent;
import io.micronaut.context.event.BeanCreatedEventListener;
import io.micronaut.http.netty.channel.ChannelPipelineCustomizer;
import io.micronaut.http.server.netty.NettyServerCustomizer;
import io.netty.channel.Channel;
import io.netty.channel.ChannelPipeline;
import jakarta.inject.Singleton;

/** Puts a {@link CheckHandler} in front of Micronaut on every HTTP/1 connection. */
@Singleton
final class GatewayPipeline implements BeanCreatedEventListener<NettyServerCustomizer.Registry> {
    private final CheckEndpoint endpoint;

    GatewayPipeline(CheckEndpoint endpoint) {
        this.endpoint = endpoint;
    }

    @Override
    public NettyServerCustomizer.Registry onCreated(BeanCreatedEvent<NettyServerCustomizer.Registry> event) {
        NettyServerCustomizer.Registry registry = event.getBean();
        registry.register(new NettyServerCustomizer() {
            @Override
            public NettyServerCustomizer specializeForChannel(Channel channel, ChannelRole role) {
                return new OfConnection(endpoint, channel.pipeline());
            }
        });
        return registry;
    }

    private record OfConnection(CheckEndpoint endpoint, ChannelPipeline pipeline) implements NettyServerCustomizer {
        @Override
        public NettyServerCustomizer specializeForChannel(Channel channel, ChannelRole role) {
            return new OfConnection(endpoint, channel.pipeline());
        }

        @Override
        public void onStreamPipelineBuilt() {
            if (pipeline.get(ChannelPipelineCustomizer.HANDLER_MICRONAUT_INBOUND) != null) {
                pipeline.addBefore(
                        ChannelPipelineCustomizer.HANDLER_MICRONAUT_INBOUND, "check", new CheckHandler(endpoint));
            }
        }
    }
}
