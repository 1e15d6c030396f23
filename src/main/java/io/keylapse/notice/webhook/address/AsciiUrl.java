package io.keylapse.notice.webhook.address;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.IDN;
import java.net.URI;
import java.net.URISyntaxException;
import java.text.Normalizer;
import java.util.Locale;
import java.util.Optional;

/**
 * The ASCII form of a URL, in which it is checked, looked up and called: the scheme in lower case, a non-ASCII host in its
 * IDNA form (RFC 3490), and all other non-ASCII characters as percent-encoded UTF-8 (RFC 3987, section 3.1). {@link
 * URI#toASCIIString} would normalize characters, which could change the path.
 */
public final class AsciiUrl {
    private static final int LAST_ASCII = 0x7F;

    private AsciiUrl() {}

    /** The ASCII form of a URL, without user info and fragment; empty if it has no valid host. */
    public static Optional<URI> of(URI url) {
        String scheme = url.getScheme();
        String authority = url.getRawAuthority();
        if (scheme == null || authority == null) {
            return Optional.empty();
        }
        String query = url.getRawQuery();
        try {
            var ascii = new URI(
                    scheme.toLowerCase(Locale.ROOT) + "://" + ascii(authority.substring(authority.lastIndexOf('@') + 1))
                            + encoded(url.getRawPath()) + (query == null ? "" : "?" + encoded(query)));
            return ascii.getHost() == null ? Optional.empty() : Optional.of(ascii);
        } catch (URISyntaxException | IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** The port stays as it is. It may have no digits. */
    private static String ascii(String authority) {
        if (isAscii(authority)) {
            return authority;
        }
        int port = authority.lastIndexOf(':');
        String host = port < 0 ? authority : authority.substring(0, port);
        return asciiHost(host) + (port < 0 ? "" : authority.substring(port));
    }

    /**
     * Refuses hosts that the JDK, which implements IDNA 2003, reads differently from browsers, which follow IDNA 2008:
     * {@code faß.example} would be called as {@code fass.example}, which may belong to somebody else.
     */
    private static String asciiHost(String host) {
        String ascii = IDN.toASCII(host, IDN.USE_STD3_ASCII_RULES).toLowerCase(Locale.ROOT);
        String mapped = Normalizer.normalize(
                host.replaceAll("[\\u3002\\uFF0E\\uFF61]", ".").toLowerCase(Locale.ROOT), Normalizer.Form.NFKC);
        if (!IDN.toUnicode(ascii).equals(mapped)) {
            throw new IllegalArgumentException("means different hosts to different programs");
        }
        return ascii;
    }

    private static boolean isAscii(String text) {
        return text.chars().allMatch(c -> c <= LAST_ASCII);
    }

    private static String encoded(String text) {
        if (isAscii(text)) {
            return text;
        }
        var encoded = new StringBuilder(text.length() * 3);
        for (byte b : text.getBytes(UTF_8)) {
            if (b >= 0) {
                encoded.append((char) b);
            } else {
                encoded.append(String.format(Locale.ROOT, "%%%02X", b & 0xFF));
            }
        }
        return encoded.toString();
    }
}
