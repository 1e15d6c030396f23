package io.keylapse.http.gateway.tls;

import static io.keylapse.harness.Node.freePort;
import static io.keylapse.http.gateway.tls.Certificates.replace;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.keylapse.harness.EnvoyClient;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import io.keylapse.http.gateway.RawConnection;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.ssl.SslHandler;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.NullUnmarked;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** TLS on the gateway port, with real connections. */
@NullUnmarked
class GatewayTlsIT {
    @TempDir
    static Path store;

    private static Certificates certificates;

    @TempDir
    Path folder;

    private final int port = freePort();
    private Path certificate;
    private Path key;

    @BeforeAll
    static void makeCertificates() throws IOException, InterruptedException {
        certificates = new Certificates(store)
                .authority("ca")
                .issue("first", "ca")
                .issue("second", "ca")
                .authority("stranger");
    }

    @BeforeEach
    void writeFirst() throws IOException, GeneralSecurityException {
        certificate = replace(folder.resolve("tls.crt"), certificates.chain("first"));
        key = replace(folder.resolve("tls.key"), certificates.key("first"));
    }

    @Test
    void checks_are_answered_with_tls_1_2_and_1_3_only() throws Exception {
        try (Node node = start(Map.of())) {
            String header = "X-API-Key: " + node.issue(Duration.ofDays(1)).text("key");
            for (String version : List.of("TLSv1.2", "TLSv1.3")) {
                SSLSocket socket = connect(client(null));
                socket.setEnabledProtocols(new String[] {version});
                try (var connection = new RawConnection(socket)) {
                    for (int i = 0; i < 3; i++) {
                        connection.requestWithBody("POST", "/check", "x".repeat(9_000), header, "Content-Length: 9000");
                        assertThat(connection.answer().status()).isEqualTo(200);
                    }
                    assertThat(connection
                                    .request("GET", "/health/liveness")
                                    .answer()
                                    .status())
                            .isEqualTo(200);
                    assertThat(connection.request("GET", "/check").answer().status())
                            .isEqualTo(401);
                }
                assertThat(socket.getSession().getProtocol()).isEqualTo(version);
            }
            try (var plain = new RawConnection(port)) {
                assertThat(plain.request("GET", "/check", header).rest()).doesNotContain("HTTP/1");
            }
            // The JDK of this test may refuse to try an older version itself.
            var engine = new EmbeddedChannel();
            node.bean(GatewayTls.class).encrypt(engine);
            assertThat(engine.pipeline().get(SslHandler.class).engine().getEnabledProtocols())
                    .containsExactlyInAnyOrder("TLSv1.2", "TLSv1.3");
            engine.finishAndReleaseAll();
            assertThat(node.anonymous().get("/health/liveness").status()).isEqualTo(200);
        }
    }

    @Test
    void renewed_certificate_is_served_without_closing_open_connections() throws Exception {
        try (Node node = start(Map.of());
                var before = new RawConnection(connect(client(null)))) {
            assertThat(before.request("GET", "/check").answer().status()).isEqualTo(401);
            assertThat(served()).isEqualTo("CN=first");

            replace(certificate, certificates.chain("second"));
            replace(key, certificates.key("second"));

            await().atMost(30, SECONDS).until(() -> served().equals("CN=second"));
            assertThat(before.request("GET", "/check").answer().status()).isEqualTo(401);
            assertThat(readiness(node)).doesNotContain("certificate");
        }
    }

    @Test
    void broken_certificate_is_reported_and_the_previous_one_stays() throws Exception {
        try (Node node = start(Map.of())) {
            replace(certificate, certificates.chain("second"));

            await().atMost(30, SECONDS).until(() -> readiness(node).contains("certificate of the gateway port"));
            assertThat(readiness(node)).doesNotContain(folder.toString());
            assertThat(rejected(node)).isOne();
            assertThat(served()).isEqualTo("CN=first");

            replace(key, certificates.key("second"));
            await().atMost(30, SECONDS).until(() -> served().equals("CN=second"));
            assertThat(readiness(node)).doesNotContain("certificate");
            assertThat(rejected(node)).isZero();
        }
    }

    @Test
    void only_gateways_with_a_certificate_of_the_ca_may_ask() throws Exception {
        Path ca = replace(folder.resolve("ca.crt"), certificates.chain("ca"));
        try (Node node = start(Map.of("keylapse.gateway.tls.client-ca", ca.toString()))) {
            try (var known = new RawConnection(connect(client("second")))) {
                assertThat(known.request("GET", "/check").answer().status()).isEqualTo(401);
            }
            for (String own : new String[] {null, "stranger"}) {
                assertThatThrownBy(() -> {
                            try (var unknown = new RawConnection(connect(client(own)))) {
                                unknown.request("GET", "/check").answer();
                            }
                        })
                        .as("a client with the certificate " + own)
                        .isInstanceOf(IOException.class);
            }
            assertThat(node.bean(MeterRegistry.class)
                            .get("keylapse.gateway.tls.handshakes.failed")
                            .counter()
                            .count())
                    .isGreaterThanOrEqualTo(2);
        }
    }

    @Test
    void grpc_port_has_the_certificate_of_the_gateway_port_and_its_renewal() throws Exception {
        replace(folder.resolve("ca.crt"), certificates.chain("ca"));
        int grpc = freePort();
        try (var _ = start(Map.of("keylapse.grpc.port", grpc))) {
            var channel = NettyChannelBuilder.forAddress("localhost", grpc)
                    .sslContext(GrpcSslContexts.forClient()
                            .trustManager(folder.resolve("ca.crt").toFile())
                            .build())
                    .build();
            assertThat(new EnvoyClient(channel).check(Map.of(), null).status()).isEqualTo(401);

            replace(certificate, certificates.chain("second"));
            replace(key, certificates.key("second"));

            await().atMost(30, SECONDS).until(() -> served(grpc).equals("CN=second"));
            assertThat(new EnvoyClient(channel).check(Map.of(), null).status()).isEqualTo(401);
        }
    }

    private Node start(Map<String, Object> more) {
        var settings = new HashMap<String, Object>(Map.of(
                "keylapse.gateway.port", port,
                "keylapse.gateway.tls.certificate", certificate.toString(),
                "keylapse.gateway.tls.key", key.toString()));
        settings.putAll(more);
        return Node.start(Stores.shared(), settings);
    }

    private static SSLContext client(@Nullable String own) throws IOException, GeneralSecurityException {
        return certificates.client("ca", own);
    }

    private SSLSocket connect(SSLContext client) throws IOException {
        return connect(client, port);
    }

    private static SSLSocket connect(SSLContext client, int port) throws IOException {
        return (SSLSocket) client.getSocketFactory().createSocket("localhost", port);
    }

    /** The subject of the certificate that a new connection gets. */
    private String served() throws IOException, GeneralSecurityException {
        return served(port);
    }

    private static String served(int port) throws IOException, GeneralSecurityException {
        try (SSLSocket socket = connect(client(null), port)) {
            // What gRPC demands; over HTTP/1 it is ignored.
            var parameters = socket.getSSLParameters();
            parameters.setApplicationProtocols(new String[] {"h2", "http/1.1"});
            socket.setSSLParameters(parameters);
            socket.startHandshake();
            return ((X509Certificate) socket.getSession().getPeerCertificates()[0])
                    .getSubjectX500Principal()
                    .getName();
        }
    }

    private static String readiness(Node node) {
        return node.anonymous().get("/health/readiness").body();
    }

    private static double rejected(Node node) {
        return node.bean(MeterRegistry.class)
                .get("keylapse.gateway.tls.rejected")
                .gauge()
                .value();
    }
}
