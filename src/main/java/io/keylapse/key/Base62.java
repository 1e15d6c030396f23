package io.keylapse.key;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Base 62 with the digits {@code 0-9A-Za-z}, most significant first. */
final class Base62 {
    static final String DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    private static final byte[] VALUES = new byte[256];

    static {
        Arrays.fill(VALUES, (byte) -1);
        for (int i = 0; i < DIGITS.length(); i++) {
            VALUES[DIGITS.charAt(i)] = (byte) i;
        }
    }

    private Base62() {}

    /** Whether every character from {@code from} on is one of {@link #DIGITS}. */
    static boolean isBase62(String text, int from) {
        // An array is faster to read than a string. Characters outside this charset become question marks, not digits.
        byte[] characters = text.getBytes(StandardCharsets.ISO_8859_1);
        int all = 0;
        for (int i = from; i < characters.length; i++) {
            all |= VALUES[characters[i] & 0xFF];
        }
        return all >= 0;
    }

    /** The value of a digit. */
    static int valueOf(char digit) {
        return VALUES[digit];
    }
}
