package io.keylapse.notice.webhook.signing;

import static java.nio.charset.StandardCharsets.UTF_8;

import jakarta.inject.Singleton;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import javax.crypto.Cipher;
import javax.crypto.KDF;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.HKDFParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Encryption at rest: AES-256 in Galois/Counter Mode with a random nonce of 96 bits (NIST SP 800-38D, section 8.2.2). A
 * sealed secret starts with a 4-byte id of its key, so that keys can be rotated. Its owner is authenticated as associated
 * data, so it cannot be opened for another owner.
 */
@Singleton
public final class SecretBox {
    private static final String CIPHER = "AES/GCM/NoPadding";
    private static final int KEY_BYTES = 32;
    private static final int NAME_BYTES = 4;
    private static final int NONCE_BYTES = 12;
    private static final int TAG_BITS = 128;

    private final SecureRandom random = new SecureRandom();
    private final List<NamedKey> keys;
    private final boolean canSeal;

    SecretBox(EncryptionSettings settings) {
        var all = new ArrayList<NamedKey>();
        String current = settings.encryptionKey();
        canSeal = current != null && !current.isBlank();
        if (current != null && canSeal) {
            all.add(key("keylapse.encryption-key (KEYLAPSE_ENCRYPTION_KEY)", current));
        }
        List<String> former = settings.formerEncryptionKeys();
        if (former != null) {
            former.forEach(
                    each -> all.add(key("keylapse.former-encryption-keys (KEYLAPSE_FORMER_ENCRYPTION_KEYS)", each)));
        }
        keys = List.copyOf(all);
    }

    @SuppressWarnings("ArrayRecordComponent") // never compared as a record
    private record NamedKey(byte[] name, SecretKeySpec key) {}

    /** Whether there is a key to seal secrets with. */
    public boolean canSeal() {
        return canSeal;
    }

    /** Encrypts a secret for its owner. Only if {@link #canSeal}. */
    public byte[] seal(byte[] secret, byte[] owner) {
        NamedKey current = keys.getFirst();
        var nonce = new byte[NONCE_BYTES];
        random.nextBytes(nonce);
        try {
            byte[] sealed = cipher(Cipher.ENCRYPT_MODE, current, nonce, owner).doFinal(secret);
            return ByteBuffer.allocate(NAME_BYTES + NONCE_BYTES + sealed.length)
                    .put(current.name)
                    .put(nonce)
                    .put(sealed)
                    .array();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has AES", e);
        }
    }

    /** Decrypts a secret; null if its key is not configured, or if it is damaged or belongs to another owner. */
    public byte @Nullable [] open(byte[] sealed, byte[] owner) {
        if (sealed.length < NAME_BYTES + NONCE_BYTES) {
            return null;
        }
        byte[] name = Arrays.copyOf(sealed, NAME_BYTES);
        byte[] nonce = Arrays.copyOfRange(sealed, NAME_BYTES, NAME_BYTES + NONCE_BYTES);
        for (NamedKey key : keys) {
            if (Arrays.equals(key.name, name)) {
                try {
                    return cipher(Cipher.DECRYPT_MODE, key, nonce, owner)
                            .doFinal(sealed, NAME_BYTES + NONCE_BYTES, sealed.length - NAME_BYTES - NONCE_BYTES);
                } catch (GeneralSecurityException e) {
                    return null;
                }
            }
        }
        return null;
    }

    /**
     * Keys for another purpose, one from each encryption key (HKDF, RFC 5869), that of the current one first. They reveal nothing
     * about the encryption keys or about keys for other purposes.
     */
    public List<SecretKey> derived(String purpose, String algorithm) {
        return keys.stream().map(each -> derived(each, purpose, algorithm)).toList();
    }

    private static SecretKey derived(NamedKey from, String purpose, String algorithm) {
        try {
            return KDF.getInstance("HKDF-SHA256")
                    .deriveKey(
                            algorithm,
                            HKDFParameterSpec.ofExtract()
                                    .addIKM(from.key)
                                    .thenExpand(purpose.getBytes(UTF_8), KEY_BYTES));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has HKDF", e);
        }
    }

    private static Cipher cipher(int mode, NamedKey key, byte[] nonce, byte[] owner) throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance(CIPHER);
        cipher.init(mode, key.key, new GCMParameterSpec(TAG_BITS, nonce));
        cipher.updateAAD(owner);
        return cipher;
    }

    private static NamedKey key(String setting, String base64) {
        byte[] bytes;
        try {
            bytes = Base64.getDecoder().decode(base64);
        } catch (IllegalArgumentException e) {
            bytes = new byte[0];
        }
        if (bytes.length != KEY_BYTES) {
            throw new IllegalArgumentException(
                    setting + " must be 32 bytes in Base64, such as the output of: openssl rand -base64 32");
        }
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes);
            return new NamedKey(Arrays.copyOf(digest, NAME_BYTES), new SecretKeySpec(bytes, "AES"));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
