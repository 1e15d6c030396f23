package io.keylapse.http.gateway;

import java.util.BitSet;

/**
 * Turns any request target that a proxy passes to {@code /check} into a valid URI.
 *
 * <p>Clients send {@code |}, <code>{}</code> or a lone {@code %}, and forward-auth proxies append that unchanged. These
 * characters do not affect the check, so they are percent-encoded and not refused.
 */
final class ForwardedTarget {
    private static final BitSet ALLOWED = new BitSet();

    static {
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-._~!$&'()*+,;=:@/?"
                .chars()
                .forEach(ALLOWED::set);
    }

    private ForwardedTarget() {}

    /** The target, with every byte encoded that a URI must not contain. Netty has decoded each byte to one character. */
    static String readable(String target) {
        int plain = 0;
        while (plain < target.length() && isAllowed(target, plain)) {
            plain++;
        }
        return plain == target.length() ? target : encoded(target);
    }

    private static String encoded(String target) {
        var uri = new StringBuilder(target.length() + 16);
        for (int i = 0; i < target.length(); i++) {
            char c = target.charAt(i);
            if (isAllowed(target, i)) {
                uri.append(c);
            } else {
                uri.append('%')
                        .append(Character.toUpperCase(Character.forDigit(c >> 4 & 0xF, 16)))
                        .append(Character.toUpperCase(Character.forDigit(c & 0xF, 16)));
            }
        }
        return uri.toString();
    }

    private static boolean isAllowed(String target, int i) {
        char c = target.charAt(i);
        return ALLOWED.get(c) || (c == '%' && isEncoded(target, i));
    }

    private static boolean isEncoded(String target, int percent) {
        return percent + 2 < target.length()
                && isHexDigit(target.charAt(percent + 1))
                && isHexDigit(target.charAt(percent + 2));
    }

    private static boolean isHexDigit(char c) {
        return c < 0x80 && Character.digit(c, 16) >= 0;
    }
}
