package io.keylapse.notice.link;

import io.keylapse.key.KeyId;
import io.keylapse.notice.delivery.DeliveryId;
import io.keylapse.notice.webhook.signing.SecretBox;
import jakarta.inject.Singleton;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import javax.crypto.Mac;
import javax.crypto.SecretKey;

/**
 * Signs and verifies the tokens of links. A token is the id of a delivery, the id of its key, and the first 16 bytes of the
 * HMAC-SHA256 of both, in Base64. It contains no secret of the key, and it is the same whenever the delivery is sent again.
 */
@Singleton
final class LinkSigner {
    private static final String ALGORITHM = "HmacSHA256";
    /** The purpose of a token. It is part of what is signed, so that a token is valid for nothing else. */
    private static final String PURPOSE = "io.keylapse renew by link";

    private static final int IDS_BYTES = 32;
    private static final int MAC_BYTES = 16;
    private static final int TOKEN_CHARACTERS = 64;

    /** Derived from the encryption keys, the current one first. */
    private final List<SecretKey> keys;

    private final boolean canSign;

    LinkSigner(SecretBox box) {
        this.keys = box.derived(PURPOSE, ALGORITHM);
        this.canSign = box.canSeal();
    }

    /** The token for a delivery about this key; empty without an encryption key. */
    Optional<String> sign(DeliveryId delivery, KeyId key) {
        if (!canSign) {
            return Optional.empty();
        }
        byte[] ids = ByteBuffer.allocate(IDS_BYTES)
                .putLong(delivery.value().getMostSignificantBits())
                .putLong(delivery.value().getLeastSignificantBits())
                .putLong(key.value().getMostSignificantBits())
                .putLong(key.value().getLeastSignificantBits())
                .array();
        byte[] token = Arrays.copyOf(ids, IDS_BYTES + MAC_BYTES);
        System.arraycopy(mac(keys.getFirst(), ids), 0, token, IDS_BYTES, MAC_BYTES);
        return Optional.of(Base64.getUrlEncoder().withoutPadding().encodeToString(token));
    }

    /** Verifies a token; empty if it was not signed with one of our keys. */
    Optional<LinkToken> verify(String text) {
        if (text.length() != TOKEN_CHARACTERS) {
            return Optional.empty();
        }
        byte[] token;
        try {
            token = Base64.getUrlDecoder().decode(text);
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
        byte[] ids = Arrays.copyOf(token, IDS_BYTES);
        byte[] signature = Arrays.copyOfRange(token, IDS_BYTES, token.length);
        if (keys.stream().noneMatch(key -> MessageDigest.isEqual(mac(key, ids), signature))) {
            return Optional.empty();
        }
        var read = ByteBuffer.wrap(ids);
        return Optional.of(new LinkToken(
                new DeliveryId(new UUID(read.getLong(), read.getLong())),
                new KeyId(new UUID(read.getLong(), read.getLong()))));
    }

    private static byte[] mac(SecretKey key, byte[] ids) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            return Arrays.copyOf(mac.doFinal(ids), MAC_BYTES);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has HMAC", e);
        }
    }
}
