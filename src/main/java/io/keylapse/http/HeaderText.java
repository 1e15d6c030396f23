package io.keylapse.http;

import static java.nio.charset.StandardCharsets.UTF_8;

/** Encoding for header values: everything outside visible ASCII, and {@code %} itself, becomes percent-encoded UTF-8. */
public final class HeaderText {
    private HeaderText() {}

    /** Encodes the characters that need it. Text that needs no encoding is returned as it is. */
    public static String encode(String text) {
        int plain = 0;
        while (plain < text.length() && isPlain(text.charAt(plain))) {
            plain++;
        }
        if (plain == text.length()) {
            return text;
        }
        var encoded = new StringBuilder(text.length() + 16);
        for (byte each : text.getBytes(UTF_8)) {
            char c = (char) (each & 0xFF);
            if (isPlain(c)) {
                encoded.append(c);
            } else {
                encoded.append('%')
                        .append(Character.toUpperCase(Character.forDigit(c >> 4, 16)))
                        .append(Character.toUpperCase(Character.forDigit(c & 0xF, 16)));
            }
        }
        return encoded.toString();
    }

    private static boolean isPlain(char c) {
        return c > ' ' && c < 0x7F && c != '%';
    }
}
