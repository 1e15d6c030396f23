package io.keylapse.active.redis;

import static io.keylapse.harness.Node.freePort;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keylapse.app.embedded.RedisServers;
import io.keylapse.harness.KeyWatch;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node that connects to Redis with TLS, with a self-signed certificate. */
@NullUnmarked
class TlsIT {
    private static final String TRUST = "javax.net.ssl.trustStore";
    private static final String PASSWORD = "changeit";

    @TempDir
    static Path folder;

    private static Path certificates;
    private static String uri;

    @BeforeAll
    static void start() throws IOException, InterruptedException, GeneralSecurityException {
        certificates = folder.resolve("redis.p12");
        makeCertificate();
        var store = KeyStore.getInstance(certificates.toFile(), PASSWORD.toCharArray());
        Path certificate = write("CERTIFICATE", store.getCertificate("redis").getEncoded());
        Path key = write(
                "PRIVATE KEY", store.getKey("redis", PASSWORD.toCharArray()).getEncoded());
        int port = freePort();
        uri = "rediss://127.0.0.1:" + port;
        new RedisServers().start("""
                tls-port %d
                tls-cert-file %2$s
                tls-key-file %3$s
                tls-ca-cert-file %2$s
                tls-auth-clients no
                notify-keyspace-events Ex
                """.formatted(port, certificate, key));
    }

    private static void makeCertificate() throws IOException, InterruptedException {
        String keytool =
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString();
        var command = List.of(
                keytool,
                "-genkeypair",
                "-alias",
                "redis",
                "-keyalg",
                "EC",
                "-dname",
                "CN=redis",
                "-ext",
                "san=ip:127.0.0.1",
                "-keystore",
                certificates.toString(),
                "-storetype",
                "PKCS12",
                "-storepass",
                PASSWORD);
        assertThat(new ProcessBuilder(command).start().waitFor()).isZero();
    }

    private static Path write(String what, byte[] der) throws IOException {
        String text = Base64.getMimeEncoder().encodeToString(der);
        return Files.writeString(
                folder.resolve(what.replace(' ', '-') + ".pem"),
                "-----BEGIN %1$s-----\n%2$s\n-----END %1$s-----\n".formatted(what, text));
    }

    @Test
    void keys_are_written_read_and_subscribed_to_over_tls() {
        System.setProperty(TRUST, certificates.toString());
        System.setProperty(TRUST + "Password", PASSWORD);
        try (var node = Node.start(Stores.shared(), Map.of("keylapse.redis.uri", uri))) {
            var watch = new KeyWatch(node);
            watch.awaitEnforced();
            watch.awaitHeard(node.bean(RedisConnection.class).primaries());
            watch.assertRight();
        } finally {
            System.clearProperty(TRUST);
            System.clearProperty(TRUST + "Password");
        }
    }

    @Test
    void a_redis_with_an_untrusted_certificate_is_not_used() {
        try (var node = Node.start(Stores.shared(), Map.of("keylapse.redis.uri", uri))) {
            var issued = node.admin().issue("tls", Duration.ofHours(1));
            assertThat(issued.text("enforcement")).isEqualTo("pending");
            await().atMost(10, SECONDS)
                    .until(() ->
                            node.anonymous().get("/health/readiness").body().contains("Redis does not answer"));
            assertThat(node.admin().issue("tls", Duration.ofHours(1)).text("enforcement"))
                    .isEqualTo("pending");
            assertThat(node.anonymous().check(issued.text("key")).status()).isEqualTo(200);
        }
    }
}
