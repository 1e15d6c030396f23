package io.keylapse.http.gateway.tls;

import java.io.ByteArrayInputStream;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * Reads PEM, and ignores text around its blocks.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc7468">RFC 7468, Textual Encodings of PKIX, PKCS, and CMS Structures</a>
 */
final class Pem {
    private static final Pattern BLOCK = Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END \\1-----");

    private Pem() {}

    /** The certificates of a text, in order. */
    static List<X509Certificate> certificates(String text) throws GeneralSecurityException {
        CertificateFactory factory = CertificateFactory.getInstance("X.509");
        var certificates = new ArrayList<X509Certificate>();
        for (byte[] block : blocks("CERTIFICATE", text)) {
            certificates.add((X509Certificate) factory.generateCertificate(new ByteArrayInputStream(block)));
        }
        return certificates;
    }

    /** The first unencrypted PKCS #8 key of a text, which must be of this algorithm. */
    static PrivateKey privateKey(String text, String algorithm) throws GeneralSecurityException {
        for (byte[] block : blocks("PRIVATE KEY", text)) {
            return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(block));
        }
        throw new GeneralSecurityException("no PRIVATE KEY");
    }

    /** Whether a text has an unencrypted PKCS #8 key. */
    static boolean hasPrivateKey(String text) {
        return BLOCK.matcher(text).results().anyMatch(block -> isA("PRIVATE KEY", block));
    }

    private static List<byte[]> blocks(String label, String text) throws GeneralSecurityException {
        try {
            return BLOCK.matcher(text)
                    .results()
                    .filter(block -> isA(label, block))
                    .map(block -> Base64.getMimeDecoder().decode(block.group(2)))
                    .toList();
        } catch (IllegalArgumentException e) {
            throw new GeneralSecurityException("not Base64", e);
        }
    }

    private static boolean isA(String label, MatchResult block) {
        return label.equals(block.group(1));
    }
}
