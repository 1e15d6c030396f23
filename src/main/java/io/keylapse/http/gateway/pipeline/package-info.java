/**
 * {@code /check} in Netty: the handlers that serve it on HTTP/1 in front of Micronaut, and the listener that serves only
 * checks.
 *
 * <p>Read {@link io.keylapse.http.gateway.pipeline.CheckHandler} first; {@link
 * io.keylapse.http.gateway.pipeline.GatewayPipeline} adds it to the pipelines.
 */
@NullMarked
package io.keylapse.http.gateway.pipeline;

import org.jspecify.annotations.NullMarked;
