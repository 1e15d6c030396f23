package io.keylapse.key;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.zip.CRC32;

/**
 * Text format of keys: {@code <prefix>_<30 random><6 checksum>}, alphabet {@code 0-9A-Za-z}.
 *
 * <p>The checksum is CRC-32 (ISO-HDLC) of the ASCII bytes before it, in base 62, most significant digit first, padded with
 * {@code 0}. With it, typos are refused without asking a store, and secret scanners recognize leaked keys. It does not
 * protect against forgery, because anybody can compute it.
 *
 * <p>Other issuers use the same format with other prefixes, so only the configured prefixes are accepted.
 */
public final class KeyFormat {
    /** Length of the part after the underscore. */
    static final int BODY_LENGTH = 36;

    private static final int RANDOM_LENGTH = 30;
    private static final int CHECKSUM_LENGTH = 6;
    private static final int MAX_PREFIX = 16;
    private static final Pattern PREFIX = Pattern.compile("[A-Za-z0-9_]{1," + MAX_PREFIX + "}");

    /** Maximum length of a key. A longer text is no key. */
    public static final int MAX_CHARACTERS = MAX_PREFIX + 1 + BODY_LENGTH;

    private final List<String> starts;
    private final SecureRandom random = new SecureRandom();

    /**
     * @param prefix prefix of new keys: 1 to 16 of {@code [A-Za-z0-9_]}
     * @param formerPrefixes prefixes of keys that were issued earlier; these keys remain valid
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

    /** Generates a random key. 30 characters of base 62 are 178 bits. */
    public ApiKey generate() {
        var text = new StringBuilder(starts.getFirst());
        for (int i = 0; i < RANDOM_LENGTH; i++) {
            text.append(Base62.DIGITS.charAt(random.nextInt(Base62.DIGITS.length())));
        }
        return new ApiKey(
                text.append(digits(checksum(text.toString(), text.length()))).toString());
    }

    /** Parses a key; empty if its form or checksum is wrong. */
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

    /** Whether the text has the form of a key, regardless of its checksum. */
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
