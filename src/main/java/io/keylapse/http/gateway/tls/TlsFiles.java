package io.keylapse.http.gateway.tls;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The contents of the files at one time. Equal if they are the same.
 *
 * @param certificate null if the file cannot be read; so are the others
 */
record TlsFiles(
        TlsSettings paths,
        @Nullable String certificate,
        @Nullable String key,
        @Nullable String clientCa) {
    private static final int MAX_BYTES = 1024 * 1024;

    private static final Map<String, String> SIGNATURES =
            Map.of("RSA", "SHA256withRSA", "EC", "SHA256withECDSA", "EdDSA", "EdDSA");

    /**
     * What the files hold.
     *
     * @param chain certificate of the gateway port, and those of its issuers
     * @param clientCas empty if clients need no certificate
     */
    record Identity(PrivateKey key, List<X509Certificate> chain, List<X509Certificate> clientCas) {
        @Override
        public String toString() {
            return "Identity[key=REDACTED, chain=" + chain.size() + "]";
        }
    }

    static TlsFiles read(TlsSettings paths) {
        return new TlsFiles(paths, content(paths.certificate()), content(paths.key()), content(paths.clientCa()));
    }

    private static @Nullable String content(@Nullable Path path) {
        if (path == null || !Files.isRegularFile(path)) {
            return null;
        }
        try (InputStream in = Files.newInputStream(path)) {
            return new String(in.readNBytes(MAX_BYTES), ISO_8859_1);
        } catch (IOException e) {
            return null;
        }
    }

    /**
     * Parses the files.
     *
     * @throws IllegalArgumentException if they cannot be used; its message names the setting and the file
     */
    Identity parse() {
        List<X509Certificate> chain = certificates("certificate", paths.certificate(), certificate);
        return new Identity(
                privateKey(chain.getFirst().getPublicKey()),
                chain,
                paths.clientCa() == null ? List.of() : certificates("client-ca", paths.clientCa(), clientCa));
    }

    private static List<X509Certificate> certificates(String setting, @Nullable Path path, @Nullable String text) {
        if (text == null) {
            throw unusable(setting, path, "cannot be read");
        }
        try {
            List<X509Certificate> certificates = Pem.certificates(text);
            if (certificates.isEmpty()) {
                throw unusable(setting, path, "has no certificate in PEM");
            }
            return certificates;
        } catch (GeneralSecurityException e) {
            throw unusable(setting, path, "has a damaged certificate");
        }
    }

    private PrivateKey privateKey(PublicKey to) {
        if (key == null) {
            throw unusable("key", paths.key(), "cannot be read");
        }
        if (!Pem.hasPrivateKey(key)) {
            throw unusable(
                    "key",
                    paths.key(),
                    "has no unencrypted key in PKCS #8 (BEGIN PRIVATE KEY); convert it with openssl pkcs8 -topk8 -nocrypt");
        }
        try {
            PrivateKey found = Pem.privateKey(key, to.getAlgorithm());
            if (belongs(found, to)) {
                return found;
            }
        } catch (GeneralSecurityException e) {
            // Damaged, or of another algorithm.
        }
        throw unusable("key", paths.key(), "is not the key of the first certificate in " + paths.certificate());
    }

    /** Whether the keys are a pair: otherwise, every handshake would fail. */
    private static boolean belongs(PrivateKey key, PublicKey to) throws GeneralSecurityException {
        String algorithm = SIGNATURES.get(to.getAlgorithm());
        if (algorithm == null) {
            return false;
        }
        byte[] text = "keylapse".getBytes(ISO_8859_1);
        Signature signature = Signature.getInstance(algorithm);
        signature.initSign(key);
        signature.update(text);
        byte[] signed = signature.sign();
        signature.initVerify(to);
        signature.update(text);
        return signature.verify(signed);
    }

    private static IllegalArgumentException unusable(String setting, @Nullable Path path, String why) {
        return new IllegalArgumentException("keylapse.gateway.tls." + setting + " names " + path + ", which " + why);
    }

    /** Without the contents: one of them is a secret. */
    @Override
    public String toString() {
        return "TlsFiles[" + paths + "]";
    }
}
