package io.keylapse.key;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;

/**
 * Text of a key: the secret that is shown once.
 *
 * <p>Only {@link KeyFormat} creates instances, so form and checksum are always valid. {@link #toString()} is redacted, so
 * that the secret cannot be logged by accident; only {@link #reveal()} returns it.
 */
public final class ApiKey {
    private final String text;

    ApiKey(String text) {
        this.text = text;
    }

    /** The secret itself, for the one response that shows it. */
    public String reveal() {
        return text;
    }

    /**
     * SHA-256 of the text, the only form that is stored. A slow password hash would add no protection: 178 random bits
     * cannot be guessed.
     */
    public KeyDigest digest() {
        return KeyDigest.of(text.getBytes(StandardCharsets.US_ASCII));
    }

    /** The name of the key, without creating a {@link KeyDigest}. */
    public KeyName name() {
        return KeyDigest.nameOf(text.getBytes(StandardCharsets.US_ASCII));
    }

    /** A few characters by which the owner recognizes the key, such as {@code kl_Ab3d...x9Qz}. */
    public String hint() {
        int random = text.length() - KeyFormat.BODY_LENGTH;
        return text.substring(0, random + 4) + "..." + text.substring(text.length() - 4);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ApiKey key
                && MessageDigest.isEqual(
                        text.getBytes(StandardCharsets.US_ASCII), key.text.getBytes(StandardCharsets.US_ASCII));
    }

    @Override
    public int hashCode() {
        return text.hashCode();
    }

    @Override
    public String toString() {
        return "ApiKey[REDACTED]";
    }
}
