package io.keylapse.key;

import java.util.Arrays;
import java.util.HexFormat;

/**
 * The first 16 bytes of a key's digest: its name in Redis. Half a digest still has 128 bits, which cannot collide by
 * chance, and saves a million keys 16 MB.
 */
public final class KeyName {
    /** Bytes in a name. */
    public static final int LENGTH = 16;

    private final byte[] bytes;

    /** @throws IllegalArgumentException if there are not exactly {@value #LENGTH} bytes */
    public KeyName(byte[] bytes) {
        if (bytes.length != LENGTH) {
            throw new IllegalArgumentException("a name has " + LENGTH + " bytes, not " + bytes.length);
        }
        this.bytes = bytes.clone();
    }

    /** A copy of the {@value #LENGTH} bytes. */
    public byte[] bytes() {
        return bytes.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof KeyName name && Arrays.equals(bytes, name.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    @Override
    public String toString() {
        return HexFormat.of().formatHex(bytes);
    }
}
