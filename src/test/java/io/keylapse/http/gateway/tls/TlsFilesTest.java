package io.keylapse.http.gateway.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.util.Base64;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is wrong with the files of a certificate is said in one line that names the setting and the file. */
class TlsFilesTest {
    @TempDir
    static Path store;

    private static String chain = "";
    private static String key = "";

    @TempDir
    Path folder;

    @BeforeAll
    static void makeCertificates() throws IOException, InterruptedException, GeneralSecurityException {
        var certificates = new Certificates(store).authority("ca").issue("own", "ca");
        chain = certificates.chain("own");
        key = certificates.key("own");
    }

    @Test
    void chain_key_and_ca_are_read_and_text_around_them_is_ignored() throws IOException {
        TlsFiles.Identity identity = files("Bag Attributes: none\n" + chain, "# a key\n" + key, chain)
                .parse();
        assertThat(identity.chain()).hasSize(2);
        assertThat(identity.clientCas()).hasSize(2);
        assertThat(identity.toString()).isEqualTo("Identity[key=REDACTED, chain=2]");
    }

    @Test
    void missing_file_is_refused() throws IOException {
        assertRefused(null, key, null, "keylapse.gateway.tls.certificate names ", "tls.crt, which cannot be read");
        assertRefused(chain, null, null, "keylapse.gateway.tls.key names ", "tls.key, which cannot be read");
    }

    @Test
    void file_without_what_it_should_hold_is_refused() throws IOException {
        assertRefused("nothing", key, null, "tls.crt, which has no certificate in PEM");
        assertRefused(key, key, null, "tls.crt, which has no certificate in PEM");
        assertRefused(chain, chain, null, "tls.key, which has no unencrypted key in PKCS #8");
        assertRefused(chain, key.replace("PRIVATE", "EC PRIVATE"), null, "openssl pkcs8 -topk8");
        assertRefused(chain, key.replace("PRIVATE", "ENCRYPTED PRIVATE"), null, "no unencrypted key");
        assertRefused(chain, key, "nothing", "keylapse.gateway.tls.client-ca names ", "has no certificate in PEM");
    }

    @Test
    void damaged_certificate_is_refused() throws IOException {
        String damaged = Certificates.pem("CERTIFICATE", new byte[] {1, 2, 3});
        assertRefused(damaged, key, null, "tls.crt, which has a damaged certificate");
        assertRefused(chain, key, damaged, "ca.crt, which has a damaged certificate");
    }

    @Test
    void key_of_another_certificate_is_refused() throws IOException, GeneralSecurityException {
        for (String algorithm : new String[] {"EC", "RSA", "Ed25519"}) {
            byte[] other = KeyPairGenerator.getInstance(algorithm)
                    .generateKeyPair()
                    .getPrivate()
                    .getEncoded();
            assertRefused(
                    chain,
                    Certificates.pem("PRIVATE KEY", other),
                    null,
                    "keylapse.gateway.tls.key names ",
                    "is not the key of the first certificate in ");
        }
    }

    @Test
    void contents_of_the_files_are_in_no_text() throws IOException {
        String secret = Base64.getMimeEncoder().encodeToString(new byte[] {7, 7, 7, 7, 7, 7});
        assertThat(files(chain, "-----BEGIN PRIVATE KEY-----\n" + secret, null).toString())
                .doesNotContain(secret);
    }

    private void assertRefused(
            @Nullable String certificate, @Nullable String key, @Nullable String clientCa, String... words)
            throws IOException {
        TlsFiles files = files(certificate, key, clientCa);
        assertThatThrownBy(files::parse)
                .isInstanceOf(IllegalArgumentException.class)
                .satisfies(refused ->
                        assertThat(refused.getMessage()).contains(words).hasLineCount(1));
    }

    private TlsFiles files(@Nullable String certificate, @Nullable String key, @Nullable String clientCa)
            throws IOException {
        return TlsFiles.read(new TlsSettings(
                file("tls.crt", certificate),
                file("tls.key", key),
                clientCa == null ? null : file("ca.crt", clientCa)));
    }

    private Path file(String name, @Nullable String content) throws IOException {
        Path file = folder.resolve(name);
        Files.deleteIfExists(file);
        return content == null ? file : Files.writeString(file, content);
    }
}
