package io.keylapse.http.gateway.tls;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/** Certificates for tests, made by the JDK's keytool. */
final class Certificates {
    private static final char[] PASSWORD = "changeit".toCharArray();

    private final Path folder;

    Certificates(Path folder) {
        this.folder = folder;
    }

    /** Makes a CA of its own. */
    Certificates authority(String name) throws IOException, InterruptedException {
        return keytool(name, "-ext", "bc:c");
    }

    /** Makes a certificate for localhost that this CA signs. */
    Certificates issue(String name, String authority) throws IOException, InterruptedException {
        return keytool(name, "-signer", authority, "-ext", "san=dns:localhost,ip:127.0.0.1");
    }

    private Certificates keytool(String name, String... more) throws IOException, InterruptedException {
        var command = new ArrayList<String>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-J-XX:TieredStopAtLevel=1",
                "-genkeypair",
                "-alias",
                name,
                "-keyalg",
                "EC",
                "-groupname",
                "secp256r1",
                "-dname",
                "CN=" + name,
                "-keystore",
                store().toString(),
                "-storetype",
                "PKCS12",
                "-storepass",
                new String(PASSWORD)));
        command.addAll(List.of(more));
        Process made = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(made.getInputStream().readAllBytes(), UTF_8);
        assertThat(made.waitFor()).as(said).isZero();
        return this;
    }

    /** The chain of a certificate in PEM. */
    String chain(String name) throws IOException, GeneralSecurityException {
        var pem = new StringBuilder();
        for (Certificate each : load().getCertificateChain(name)) {
            pem.append(pem("CERTIFICATE", each.getEncoded()));
        }
        return pem.toString();
    }

    /** The key of a certificate in PEM. */
    String key(String name) throws IOException, GeneralSecurityException {
        return pem("PRIVATE KEY", load().getKey(name, PASSWORD).getEncoded());
    }

    /** A client that trusts this CA, and has this certificate. */
    SSLContext client(String authority, @Nullable String own) throws IOException, GeneralSecurityException {
        KeyStore trusted = empty();
        trusted.setCertificateEntry("ca", load().getCertificate(authority));
        var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        KeyStore keys = empty();
        if (own != null) {
            keys.setKeyEntry("own", load().getKey(own, PASSWORD), PASSWORD, load().getCertificateChain(own));
        }
        var key = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        key.init(keys, PASSWORD);
        var context = SSLContext.getInstance("TLS");
        context.init(key.getKeyManagers(), trust.getTrustManagers(), null);
        return context;
    }

    /** Replaces a file at once, as programs that renew certificates do. */
    static Path replace(Path file, String content) throws IOException {
        Path next = Files.writeString(file.resolveSibling(file.getFileName() + ".next"), content);
        return Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    static String pem(String label, byte[] der) {
        return "-----BEGIN %1$s-----\n%2$s\n-----END %1$s-----\n"
                .formatted(label, Base64.getMimeEncoder().encodeToString(der));
    }

    private Path store() {
        return folder.resolve("certificates.p12");
    }

    private KeyStore load() throws IOException, GeneralSecurityException {
        return KeyStore.getInstance(store().toFile(), PASSWORD);
    }

    private static KeyStore empty() throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }
}
