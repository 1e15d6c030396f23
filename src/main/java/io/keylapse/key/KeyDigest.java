package io.keylapse.key;

import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;

/** SHA-256 of a key's text: what the stores know a key by. */
public final class KeyDigest {
    /** Bytes in a digest. */
    public static final int LENGTH = 32;

    private final byte[] bytes;

    /** @throws IllegalArgumentException if there are not exactly {@value #LENGTH} bytes */
    public KeyDigest(byte[] bytes) {
        if (bytes.length != LENGTH) {
            throw new IllegalArgumentException("a digest has " + LENGTH + " bytes, not " + bytes.length);
        }
        this.bytes = bytes.clone();
    }

    /** A copy of the {@value #LENGTH} bytes. */
    public byte[] bytes() {
        return bytes.clone();
    }

    /** The first half, which names the key in Redis and in its expiry events. */
    public KeyName name() {
        return new KeyName(Arrays.copyOf(bytes, KeyName.LENGTH));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof KeyDigest digest && MessageDigest.isEqual(bytes, digest.bytes);
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
