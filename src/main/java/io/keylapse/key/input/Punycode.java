package io.keylapse.key.input;

import java.util.Optional;

/**
 * Decoder of Punycode, the text after {@code xn--} in a domain name. {@link java.net.IDN} does not distinguish a malformed
 * label from one that only IDNA2003 does not support, such as that of {@code straße}.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc3492#section-6.2">RFC 3492, section 6.2</a>
 */
final class Punycode {
    private static final int BASE = 36;
    private static final int T_MIN = 1;
    private static final int T_MAX = 26;
    private static final int SKEW = 38;
    private static final int DAMP = 700;
    private static final int INITIAL_BIAS = 72;
    private static final int INITIAL_N = 0x80;

    private Punycode() {}

    /** Decodes Punycode; empty if the text is malformed. */
    static Optional<String> decode(String encoded) {
        int delimiter = encoded.lastIndexOf('-');
        var decoded = new StringBuilder(encoded.substring(0, Math.max(0, delimiter)));
        int n = INITIAL_N;
        int bias = INITIAL_BIAS;
        long i = 0;
        int at = delimiter + 1;
        while (at < encoded.length()) {
            long before = i;
            long weight = 1;
            for (int k = BASE; ; k += BASE) {
                int digit = at < encoded.length() ? digit(encoded.charAt(at++)) : -1;
                i += digit * weight;
                if (digit < 0 || i > Integer.MAX_VALUE) {
                    return Optional.empty();
                }
                int threshold = Math.clamp(k - bias, T_MIN, T_MAX);
                if (digit < threshold) {
                    break;
                }
                weight *= BASE - threshold;
            }
            int length = decoded.codePointCount(0, decoded.length()) + 1;
            bias = adapted(i - before, length, before == 0);
            n += (int) (i / length);
            i %= length;
            if (n < INITIAL_N || !Character.isDefined(n)) {
                return Optional.empty();
            }
            decoded.insert(decoded.offsetByCodePoints(0, (int) i), Character.toChars(n));
            i++;
        }
        return Optional.of(decoded.toString());
    }

    /** Letters stand for 0 to 25, digits for 26 to 35; -1 for anything else. */
    private static int digit(char c) {
        if (c >= 'a' && c <= 'z') {
            return c - 'a';
        }
        return c >= '0' && c <= '9' ? c - '0' + 26 : -1;
    }

    private static int adapted(long delta, int length, boolean first) {
        long rest = first ? delta / DAMP : delta / 2;
        rest += rest / length;
        int k = 0;
        while (rest > (BASE - T_MIN) * T_MAX / 2) {
            rest /= BASE - T_MIN;
            k += BASE;
        }
        return (int) (k + (BASE - T_MIN + 1) * rest / (rest + SKEW));
    }
}
