/**
 * {@code /check} in Netty: the handlers that answer it on HTTP/1 in front of Micronaut, and the listener that answers nothing
 * else.
 *
 * <p>Read {@link io.keylapse.http.gateway.pipeline.CheckHandler} first; {@link
 * io.keylapse.http.gateway.pipeline.GatewayPipeline} puts it in its place.
 */
@NullMarked
package io.keylapse.http.gateway.pipeline;

import org.jspecify.annotations.NullMarked;
