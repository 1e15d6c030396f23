package io.keylapse.key;

import java.nio.ByteBuffer;
import java.util.HexFormat;

/**
 * Name of a key in Redis: the first 16 bytes of its digest. 128 bits do not collide by chance, and compared with the whole
 * digest they save 16 MB per million keys.
 */
public final class KeyName {
    /** Length of a name in bytes. */
    public static final int LENGTH = 16;

    private final long high;
    private final long low;

    /** @throws IllegalArgumentException if there are not exactly {@value #LENGTH} bytes */
    public KeyName(byte[] bytes) {
        this(checked(bytes), 0);
    }

    /** Reads a name at this offset. */
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

    /** The bits of a digest are uniformly distributed, so any part of it is a good hash code. */
    @Override
    public int hashCode() {
        return (int) low;
    }

    @Override
    public String toString() {
        return HexFormat.of().formatHex(bytes());
    }
}
