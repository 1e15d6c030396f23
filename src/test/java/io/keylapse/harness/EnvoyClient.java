package io.keylapse.harness;

import com.google.protobuf.ByteString;
import com.google.protobuf.Value;
import com.google.rpc.Code;
import io.envoyproxy.envoy.config.core.v3.HeaderMap;
import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.config.core.v3.HeaderValueOption;
import io.envoyproxy.envoy.service.auth.v3.AttributeContext;
import io.envoyproxy.envoy.service.auth.v3.AuthorizationGrpc;
import io.envoyproxy.envoy.service.auth.v3.CheckRequest;
import io.envoyproxy.envoy.service.auth.v3.CheckResponse;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A client that asks about requests by gRPC as Envoy does, on one connection. */
public final class EnvoyClient implements AutoCloseable {
    /** The gRPC code of each status for the caller. */
    private static final Map<Integer, Integer> CODES = Map.of(
            200, Code.OK_VALUE,
            400, Code.INVALID_ARGUMENT_VALUE,
            401, Code.UNAUTHENTICATED_VALUE,
            403, Code.PERMISSION_DENIED_VALUE,
            503, Code.UNAVAILABLE_VALUE);

    private final ManagedChannel channel;

    /** Asks this port of loopback, without TLS. */
    public EnvoyClient(int port) {
        this(NettyChannelBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
                .usePlaintext()
                .build());
    }

    public EnvoyClient(ManagedChannel channel) {
        this.channel = channel;
        CloseAfterTests.register(this);
    }

    /**
     * What Envoy is told.
     *
     * @param status the status for the caller; 200 if the request passes
     * @param headers headers that replace those of the request that passes, or headers of the refusal
     * @param removed headers that are removed from the request that passes
     * @param metadata the dynamic metadata
     */
    public record Decision(
            int status, Map<String, String> headers, String body, List<String> removed, Map<String, Object> metadata) {}

    /** A request with these headers, on a route with these {@code context_extensions}. */
    public static CheckRequest request(Map<String, String> headers, Map<String, String> extensions) {
        return request(
                AttributeContext.HttpRequest.newBuilder()
                        .setMethod("GET")
                        .setPath("/orders?scope=x")
                        .putAllHeaders(headers),
                extensions);
    }

    /** A request with its headers one by one, as with {@code encode_raw_headers}. Names and values alternate. */
    public static CheckRequest rawRequest(String... headers) {
        var map = HeaderMap.newBuilder();
        for (int i = 0; i < headers.length; i += 2) {
            map.addHeaders(
                    HeaderValue.newBuilder().setKey(headers[i]).setRawValue(ByteString.copyFromUtf8(headers[i + 1])));
        }
        return request(AttributeContext.HttpRequest.newBuilder().setHeaderMap(map), Map.of());
    }

    private static CheckRequest request(AttributeContext.HttpRequest.Builder http, Map<String, String> extensions) {
        return CheckRequest.newBuilder()
                .setAttributes(AttributeContext.newBuilder()
                        .setRequest(AttributeContext.Request.newBuilder().setHttp(http))
                        .putAllContextExtensions(extensions))
                .build();
    }

    /** Asks about a request with these headers, on a route that demands these scopes; null for a route without any. */
    public Decision check(Map<String, String> headers, @Nullable String scopes) {
        return check(request(headers, scopes == null ? Map.of() : Map.of("scopes", scopes)));
    }

    public Decision check(CheckRequest request) {
        return decision(blocking().check(request));
    }

    /** The stub, with a deadline. */
    public AuthorizationGrpc.AuthorizationBlockingStub blocking() {
        return AuthorizationGrpc.newBlockingStub(channel).withDeadlineAfter(30, TimeUnit.SECONDS);
    }

    public ManagedChannel channel() {
        return channel;
    }

    private static Decision decision(CheckResponse response) {
        int denied = response.getDeniedResponse().getStatus().getCodeValue();
        if (response.getStatus().getCode() != CODES.get(response.hasOkResponse() ? Integer.valueOf(200) : denied)) {
            throw new AssertionError("the status contradicts the response: " + response);
        }
        var metadata = new TreeMap<String, Object>();
        response.getDynamicMetadata()
                .getFieldsMap()
                .forEach((name, value) -> metadata.put(
                        name,
                        value.hasListValue()
                                ? value.getListValue().getValuesList().stream()
                                        .map(Value::getStringValue)
                                        .toList()
                                : value.getStringValue()));
        return response.hasOkResponse()
                ? new Decision(
                        200,
                        headers(response.getOkResponse().getHeadersList()),
                        "",
                        response.getOkResponse().getHeadersToRemoveList(),
                        metadata)
                : new Decision(
                        denied,
                        headers(response.getDeniedResponse().getHeadersList()),
                        response.getDeniedResponse().getBody(),
                        List.of(),
                        metadata);
    }

    private static Map<String, String> headers(List<HeaderValueOption> options) {
        var headers = new TreeMap<String, String>(String.CASE_INSENSITIVE_ORDER);
        for (HeaderValueOption option : options) {
            if (option.getAppendAction() != HeaderValueOption.HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD) {
                throw new AssertionError("does not overwrite: " + option);
            }
            if (option.getHeader().getValue().isEmpty() && !option.getKeepEmptyValue()) {
                // Envoy does not set it.
                continue;
            }
            if (headers.put(option.getHeader().getKey(), option.getHeader().getValue()) != null) {
                throw new AssertionError("twice: " + option);
            }
        }
        return headers;
    }

    @Override
    public void close() {
        CloseAfterTests.unregister(this);
        channel.shutdownNow();
    }
}
