package io.keylapse.client;

import static io.keylapse.client.ScriptedNode.GOOD;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.keylapse.client.CheckResult.Good;
import io.keylapse.client.CheckResult.Unavailable;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Nodes with {@code https}. */
class TlsNodesTest {
    private static final char[] PASSWORD = "for-tests".toCharArray();

    @TempDir
    static Path folder;

    private static SSLContext context;

    @BeforeAll
    static void makeCertificate() throws Exception {
        Path file = folder.resolve("node.p12");
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        "node",
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=localhost",
                        "-ext",
                        "san=dns:localhost",
                        "-storetype",
                        "PKCS12",
                        "-keystore",
                        file.toString(),
                        "-storepass",
                        new String(PASSWORD))
                .redirectErrorStream(true)
                .start();
        String said = new String(keytool.getInputStream().readAllBytes(), UTF_8);
        assertThat(keytool.waitFor()).as(said).isZero();

        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(file)) {
            store.load(in, PASSWORD);
        }
        var keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(store, PASSWORD);
        var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
    }

    private ScriptedNode node;

    @BeforeEach
    void start() {
        node = new ScriptedNode((request, connection, number) -> GOOD, context.getServerSocketFactory());
    }

    @Test
    void checks_use_one_kept_connection() {
        try (KeylapseClient client = client("https://localhost:" + node.port())) {
            for (int i = 0; i < 10; i++) {
                assertThat(client.check("kl_abc", List.of("read"))).isInstanceOf(Good.class);
            }
        }
        assertThat(node.connections()).isEqualTo(1);
    }

    @Test
    void certificate_of_another_host_is_unavailable_and_no_key_is_sent() {
        try (KeylapseClient client = client("https://127.0.0.1:" + node.port())) {
            assertThat(client.check("kl_abc", List.of())).isInstanceOf(Unavailable.class);
        }
        assertThat(node.requests()).isEmpty();
    }

    @Test
    void certificate_that_is_not_trusted_is_unavailable_and_no_key_is_sent() {
        try (KeylapseClient client = KeylapseClient.of("https://localhost:" + node.port())) {
            assertThat(client.check("kl_abc", List.of())).isInstanceOf(Unavailable.class);
        }
        assertThat(node.requests()).isEmpty();
    }

    private static KeylapseClient client(String node) {
        return KeylapseClient.builder(node)
                .answerTimeout(Duration.ofSeconds(20))
                .totalTimeout(Duration.ofSeconds(20))
                .sslContext(context)
                .build();
    }
}
