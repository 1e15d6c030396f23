package io.keylapse.key;

import java.nio.ByteBuffer;
import java.util.HexFormat;

/**
 * The first 16 bytes of a key's digest: its name in Redis. Half a digest still has 128 bits, which cannot collide by
 * chance, and saves a million keys 16 MB.
 */
public final class KeyName {
    /** Bytes in a name. */
    public static final int LENGTH = 16;

    private final long high;
    private final long low;

    /** @throws IllegalArgumentException if there are not exactly {@value #LENGTH} bytes */
    public KeyName(byte[] bytes) {
        this(checked(bytes), 0);
    }

    /** The name that begins there. */
    KeyName(byte[] bytes, int from) {
        var buffer = ByteBuffer.wrap(bytes);
        this.high = buffer.getLong(from);
        this.low = buffer.getLong(from + Long.BYTES);
    }

    private static byte[] checked(byte[] bytes) {
        if (bytes.length != LENGTH) {
            throw new IllegalArgumentException("a name has " + LENGTH + " bytes, not " + bytes.length);
        }
        return bytes;
    }

    /** The {@value #LENGTH} bytes. */
    public byte[] bytes() {
        return ByteBuffer.allocate(LENGTH).putLong(high).putLong(low).array();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof KeyName name && high == name.high && low == name.low;
    }

    /** Any part of a digest is as evenly spread as a hash can be. */
    @Override
    public int hashCode() {
        return (int) low;
    }

    @Override
    public String toString() {
        return HexFormat.of().formatHex(bytes());
    }
}
