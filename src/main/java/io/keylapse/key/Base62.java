package io.keylapse.key;

/** The digits of a key's text: {@code 0-9A-Za-z}, most significant first. */
final class Base62 {
    static final String DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    private Base62() {}

    /** Whether every character from {@code from} on is one of {@link #DIGITS}. */
    static boolean isBase62(CharSequence text, int from) {
        for (int i = from; i < text.length(); i++) {
            if (valueOf(text.charAt(i)) < 0) {
                return false;
            }
        }
        return true;
    }

    /** The digit's value, or -1 when the character is not a digit. */
    static int valueOf(char digit) {
        if (digit >= '0' && digit <= '9') {
            return digit - '0';
        }
        if (digit >= 'A' && digit <= 'Z') {
            return digit - 'A' + 10;
        }
        if (digit >= 'a' && digit <= 'z') {
            return digit - 'a' + 36;
        }
        return -1;
    }
}
