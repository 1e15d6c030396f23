package io.keylapse.key;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;

/**
 * The full text of a key: the secret that is shown once.
 *
 * <p>Made only by {@link KeyFormat}, so an instance always has the right form and checksum. {@link #toString()} is
 * redacted, because whatever can be printed is printed sooner or later; {@link #reveal()} is the one way to the text.
 */
public final class ApiKey {
    private final String text;

    ApiKey(String text) {
        this.text = text;
    }

    /** The secret itself, for the one answer that shows it. */
    public String reveal() {
        return text;
    }

    /**
     * SHA-256 of the text, which is all that is stored. A slow password hash would guard nothing here: 178 random bits
     * cannot be guessed.
     */
    public KeyDigest digest() {
        return KeyDigest.of(text.getBytes(StandardCharsets.US_ASCII));
    }

    /** What the digest begins with, for whoever needs no more of it. */
    public KeyName name() {
        return KeyDigest.nameOf(text.getBytes(StandardCharsets.US_ASCII));
    }

    /** A few visible characters by which an owner recognises the key, such as {@code kl_Ab3d...x9Qz}. */
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
