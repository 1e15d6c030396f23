package io.keylapse.http.gateway.grpc;

import static io.keylapse.harness.Node.freePort;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.keylapse.harness.EnvoyClient;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import java.io.IOException;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The gRPC port with the certificate of the gateway port. */
class GrpcTlsIT {
    private static final String PASSWORD = "changeit";

    @TempDir
    Path folder;

    @Test
    void grpc_port_has_the_certificate_of_the_gateway_port() throws Exception {
        Path store = folder.resolve("server.p12");
        makeCertificate(store);
        int port = freePort();
        Node.start(
                Stores.shared(),
                Map.of(
                        "keylapse.grpc.port",
                        port,
                        "micronaut.server.ssl.enabled",
                        true,
                        "micronaut.server.ssl.port",
                        -1,
                        "micronaut.server.ssl.key-store.path",
                        store.toUri().toString(),
                        "micronaut.server.ssl.key-store.type",
                        "PKCS12",
                        "micronaut.server.ssl.key-store.password",
                        PASSWORD));
        var certificate = (X509Certificate)
                KeyStore.getInstance(store.toFile(), PASSWORD.toCharArray()).getCertificate("server");
        ManagedChannel channel = NettyChannelBuilder.forAddress("127.0.0.1", port)
                .sslContext(
                        GrpcSslContexts.forClient().trustManager(certificate).build())
                .build();

        assertThat(new EnvoyClient(channel).check(Map.of(), null).status()).isEqualTo(401);

        EnvoyClient withoutTls = new EnvoyClient(port);
        assertThatThrownBy(() -> withoutTls.check(Map.of(), null)).isInstanceOf(StatusRuntimeException.class);
    }

    private static void makeCertificate(Path store) throws IOException, InterruptedException {
        var keytool = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "server",
                "-keyalg",
                "EC",
                "-dname",
                "CN=server",
                "-ext",
                "san=ip:127.0.0.1",
                "-keystore",
                store.toString(),
                "-storetype",
                "PKCS12",
                "-storepass",
                PASSWORD);
        assertThat(keytool.start().waitFor()).isZero();
    }
}
