package io.keylapse.key;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;

/** SHA-256 of a key's text, by which the stores identify the key. */
public final class KeyDigest {
    /** Length of a digest in bytes. */
    public static final int LENGTH = 32;

    /** One per thread, because creating one takes longer than using it. */
    private static final ThreadLocal<MessageDigest> SHA_256 = ThreadLocal.withInitial(KeyDigest::sha256);

    private final byte[] bytes;

    /** @throws IllegalArgumentException if there are not exactly {@value #LENGTH} bytes */
    public KeyDigest(byte[] bytes) {
        if (bytes.length != LENGTH) {
            throw new IllegalArgumentException("a digest has " + LENGTH + " bytes, not " + bytes.length);
        }
        this.bytes = bytes.clone();
    }

    /** The digest of these bytes. */
    static KeyDigest of(byte[] text) {
        return new KeyDigest(SHA_256.get().digest(text));
    }

    /** The name of a key with this text, without the whole digest. */
    static KeyName nameOf(byte[] text) {
        return new KeyName(SHA_256.get().digest(text), 0);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /** A copy of the {@value #LENGTH} bytes. */
    public byte[] bytes() {
        return bytes.clone();
    }

    /** The first half, which is the name of the key in Redis and in its expiry events. */
    public KeyName name() {
        return new KeyName(bytes, 0);
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
