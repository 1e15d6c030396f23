package io.keylapse.key;

import java.math.BigInteger;
import java.util.Optional;
import java.util.UUID;
import java.util.random.RandomGenerator;

/** Text format of 128-bit ids: a prefix and 22 characters of base 62. */
public final class PublicId {
    private static final int LENGTH = 22;
    private static final long LOW_HALF = 0xFFFF_FFFFL;
    private static final long FIVE_DIGITS = 62L * 62 * 62 * 62 * 62;
    private static final BigInteger BASE = BigInteger.valueOf(62);

    private PublicId() {}

    // Long division of four 32-bit parts, five digits at a time. It is fast, because every valid check formats an id.
    /** Formats an id. */
    public static String format(String prefix, UUID value) {
        long high = value.getMostSignificantBits();
        long low = value.getLeastSignificantBits();
        long[] rest = {high >>> 32, high & LOW_HALF, low >>> 32, low & LOW_HALF};
        var digits = new char[LENGTH];
        for (int i = LENGTH - 1; i >= 0; ) {
            long carried = 0;
            for (int part = 0; part < rest.length; part++) {
                long dividend = carried << 32 | rest[part];
                rest[part] = dividend / FIVE_DIGITS;
                carried = dividend % FIVE_DIGITS;
            }
            int five = (int) carried;
            for (int end = Math.max(i - 5, -1); i > end; i--) {
                digits[i] = Base62.DIGITS.charAt(five % 62);
                five /= 62;
            }
        }
        return prefix + new String(digits);
    }

    /** Parses an id; empty if the text has another form or prefix. */
    public static Optional<UUID> parse(String prefix, String text) {
        if (text.length() != prefix.length() + LENGTH
                || !text.startsWith(prefix)
                || !Base62.isBase62(text, prefix.length())) {
            return Optional.empty();
        }
        var value = BigInteger.ZERO;
        for (int i = prefix.length(); i < text.length(); i++) {
            value = value.multiply(BASE).add(BigInteger.valueOf(Base62.valueOf(text.charAt(i))));
        }
        // 22 digits hold a little more than 128 bits. Larger values are no ids.
        return value.bitLength() > 128
                ? Optional.empty()
                : Optional.of(new UUID(value.shiftRight(64).longValue(), value.longValue()));
    }

    /**
     * Generates a UUID of version 7 (RFC 9562) for this millisecond. Ids sort by creation time, and new rows go to the end
     * of an index.
     */
    public static UUID timeOrdered(long epochMilli, RandomGenerator random) {
        long high = (epochMilli << 16) | 0x7000L | random.nextLong(0x1000);
        long low = 0x8000_0000_0000_0000L | (random.nextLong() >>> 2);
        return new UUID(high, low);
    }
}
