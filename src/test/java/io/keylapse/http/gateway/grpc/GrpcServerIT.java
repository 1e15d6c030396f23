package io.keylapse.http.gateway.grpc;

import static io.keylapse.harness.Node.freePort;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import io.envoyproxy.envoy.service.auth.v3.CheckRequest;
import io.grpc.CallOptions;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.ClientCalls;
import io.keylapse.harness.EnvoyClient;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.context.BeanContext;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.ConnectException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The limits of the gRPC port, and where it is. */
class GrpcServerIT {
    private static final int MAX_CONNECTIONS = 8;
    private static final int port = freePort();
    private static final Node node = Node.start(
            Stores.shared(), Map.of("keylapse.grpc.port", port, "keylapse.gateway.max-connections", MAX_CONNECTIONS));
    private static final String key = node.issue(Duration.ofDays(1)).text("key");

    private final EnvoyClient envoy = new EnvoyClient(port);

    @ParameterizedTest
    @ValueSource(
            strings = {
                "grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
                "grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
                "grpc.channelz.v1.Channelz/GetServers",
                "envoy.service.auth.v2.Authorization/Check"
            })
    void nothing_else_is_served(String method) {
        var marshaller = ProtoUtils.marshaller(CheckRequest.getDefaultInstance());
        var descriptor = MethodDescriptor.<CheckRequest, CheckRequest>newBuilder()
                .setType(MethodDescriptor.MethodType.UNARY)
                .setFullMethodName(method)
                .setRequestMarshaller(marshaller)
                .setResponseMarshaller(marshaller)
                .build();

        assertStatus(
                Status.Code.UNIMPLEMENTED,
                () -> ClientCalls.blockingUnaryCall(
                        envoy.channel(),
                        descriptor,
                        CallOptions.DEFAULT.withDeadlineAfter(30, SECONDS),
                        CheckRequest.getDefaultInstance()));
    }

    @Test
    void large_requests_of_envoy_are_read_and_larger_ones_refused() {
        var headers = new HashMap<String, String>(Map.of("x-api-key", key));
        for (int i = 0; i < 200; i++) {
            headers.put("x-filler-" + i, "x".repeat(1_000));
        }
        assertThat(envoy.check(headers, null).status()).isEqualTo(200);

        headers.put("x-filler", "x".repeat(60_000));
        assertStatus(Status.Code.RESOURCE_EXHAUSTED, () -> envoy.check(headers, null));

        assertThat(envoy.check(Map.of("x-api-key", key), null).status()).isEqualTo(200);
    }

    @Test
    void concurrent_calls_and_header_sizes_are_limited_on_each_connection() throws IOException {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(30_000);
            Map<Integer, Integer> settings = settingsOf(socket);

            // RFC 9113, section 6.5.2: SETTINGS_MAX_CONCURRENT_STREAMS and SETTINGS_MAX_HEADER_LIST_SIZE.
            assertThat(settings).containsEntry(3, 1_000).containsEntry(6, 16 * 1024);
        }
    }

    /** Says hello in HTTP/2, and reads the server's first frame, which has its settings. */
    private static Map<Integer, Integer> settingsOf(Socket socket) throws IOException {
        socket.getOutputStream().write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(US_ASCII));
        socket.getOutputStream().write(new byte[] {0, 0, 0, 4, 0, 0, 0, 0, 0});
        var in = new DataInputStream(socket.getInputStream());
        int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
        assertThat(in.readUnsignedByte()).as("type of the first frame").isEqualTo(4);
        in.skipNBytes(5);
        var settings = new HashMap<Integer, Integer>();
        for (int i = 0; i < length / 6; i++) {
            settings.put(in.readUnsignedShort(), in.readInt());
        }
        return settings;
    }

    @Test
    void connections_count_together_with_those_of_other_ports() throws IOException {
        double before = refused();
        List<Socket> sockets = new ArrayList<>();
        try {
            await().atMost(30, SECONDS).until(() -> {
                sockets.add(new Socket(InetAddress.getLoopbackAddress(), port));
                return refused() > before;
            });
            assertThat(sockets).hasSizeLessThan(10 * MAX_CONNECTIONS);
        } finally {
            for (Socket each : sockets) {
                each.close();
            }
        }
        await().atMost(30, SECONDS)
                .ignoreExceptions()
                .until(() -> envoy.check(Map.of("x-api-key", key), null).status() == 200);
    }

    private static double refused() {
        return node.bean(MeterRegistry.class)
                .counter("keylapse.http.connections.refused")
                .count();
    }

    @Test
    void without_a_certificate_other_hosts_cannot_connect() throws IOException {
        List<InetAddress> others = NetworkInterface.networkInterfaces()
                .flatMap(NetworkInterface::inetAddresses)
                .filter(address -> address instanceof Inet4Address && !address.isLoopbackAddress())
                .toList();
        assumeThat(others).as("addresses besides loopback").isNotEmpty();
        for (InetAddress address : others) {
            try (var socket = new Socket()) {
                assertThatThrownBy(() -> socket.connect(new InetSocketAddress(address, port), 10_000))
                        .isInstanceOf(ConnectException.class);
            }
        }
    }

    @Test
    void service_is_not_loaded_without_its_port() {
        assertThat(node.bean(BeanContext.class).containsBean(GrpcServer.class)).isTrue();
        assertThat(Node.shared().bean(BeanContext.class).containsBean(GrpcServer.class))
                .isFalse();
    }

    @Test
    void port_in_use_stops_the_start_with_the_name_of_its_setting() {
        assertThatThrownBy(() -> Node.start(Stores.shared(), Map.of("keylapse.grpc.port", port)))
                .hasStackTraceContaining("cannot listen on ")
                .hasStackTraceContaining(":" + port);
        assertThatThrownBy(() -> Node.start(Stores.shared(), Map.of("keylapse.grpc.port", 70_000)))
                .hasStackTraceContaining("KEYLAPSE_GRPC_PORT");
    }

    private static void assertStatus(Status.Code code, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        StatusRuntimeException.class,
                        e -> assertThat(e.getStatus().getCode())
                                .as(e.toString())
                                .isEqualTo(code));
    }
}
