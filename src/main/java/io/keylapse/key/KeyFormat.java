package io.keylapse.key;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.zip.CRC32;

/**
 * The text form of keys: {@code <prefix>_<30 random><6 checksum>}, alphabet {@code 0-9A-Za-z}.
 *
 * <p>The checksum is CRC-32 (ISO-HDLC) of the ASCII bytes before it, base 62, most significant digit first, padded with
 * {@code 0}. It lets a typo be refused without asking any store, and a scanner recognise a leaked key; it is no defence
 * against forgers, who can compute it too.
 *
 * <p>Other issuers use the very same form with prefixes of their own, so only configured prefixes are ours.
 */
public final class KeyFormat {
    /** Length of what follows the underscore. */
    static final int BODY_LENGTH = 36;

    private static final int RANDOM_LENGTH = 30;
    private static final int CHECKSUM_LENGTH = 6;
    private static final int MAX_PREFIX = 16;
    private static final Pattern PREFIX = Pattern.compile("[A-Za-z0-9_]{1," + MAX_PREFIX + "}");

    /** The length of the longest keys; a text that is longer is none. */
    public static final int MAX_CHARACTERS = MAX_PREFIX + 1 + BODY_LENGTH;

    private final List<String> starts;
    private final SecureRandom random = new SecureRandom();

    /**
     * @param prefix what new keys start with: 1 to 16 of {@code [A-Za-z0-9_]}
     * @param formerPrefixes what keys issued earlier start with, and are still recognised by
     * @throws IllegalArgumentException if a prefix has another form
     */
    public KeyFormat(String prefix, List<String> formerPrefixes) {
        var all = new ArrayList<String>();
        all.add(prefix);
        all.addAll(formerPrefixes);
        for (String each : all) {
            if (!PREFIX.matcher(each).matches()) {
                throw new IllegalArgumentException(
                        "a key prefix is 1 to 16 characters of A-Z, a-z, 0-9 and _, not \"" + each + "\"");
            }
        }
        this.starts = all.stream().map(each -> each + "_").distinct().toList();
    }

    /** A new random key: 30 characters of base 62 are 178 bits. */
    public ApiKey generate() {
        var text = new StringBuilder(starts.getFirst());
        for (int i = 0; i < RANDOM_LENGTH; i++) {
            text.append(Base62.DIGITS.charAt(random.nextInt(Base62.DIGITS.length())));
        }
        return new ApiKey(
                text.append(digits(checksum(text.toString(), text.length()))).toString());
    }

    /** The key that this text is, or nothing when its form or checksum is wrong. */
    public Optional<ApiKey> parse(String text) {
        if (!hasForm(text)) {
            return Optional.empty();
        }
        int end = text.length() - CHECKSUM_LENGTH;
        long said = 0;
        for (int i = end; i < text.length(); i++) {
            said = said * 62 + Base62.valueOf(text.charAt(i));
        }
        return said == checksum(text, end) ? Optional.of(new ApiKey(text)) : Optional.empty();
    }

    /** Whether the text looks like one of our keys, be its checksum right or wrong. */
    public boolean hasForm(String text) {
        int body = text.length() - BODY_LENGTH;
        for (String start : starts) {
            if (start.length() == body && text.startsWith(start)) {
                return Base62.isBase62(text, body);
            }
        }
        return false;
    }

    private static long checksum(String text, int end) {
        var crc = new CRC32();
        crc.update(text.getBytes(StandardCharsets.US_ASCII), 0, end);
        return crc.getValue();
    }

    private static String digits(long checksum) {
        var digits = new char[CHECKSUM_LENGTH];
        long rest = checksum;
        for (int i = CHECKSUM_LENGTH - 1; i >= 0; i--) {
            digits[i] = Base62.DIGITS.charAt((int) (rest % 62));
            rest /= 62;
        }
        return new String(digits);
    }
}
