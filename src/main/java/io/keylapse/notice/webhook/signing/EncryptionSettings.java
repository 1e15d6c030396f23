package io.keylapse.notice.webhook.signing;

import io.micronaut.context.annotation.ConfigurationProperties;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Keys that encrypt secrets which are needed again, and so cannot be hashed.
 *
 * @param encryptionKey 32 bytes in Base64 ({@code openssl rand -base64 32}) that encrypt the secrets of webhooks and
 *     sign the links in mails; without it, webhooks and links are disabled
 * @param formerEncryptionKeys earlier encryption keys, for secrets that were encrypted with them
 */
@ConfigurationProperties("keylapse")
record EncryptionSettings(
        @Nullable String encryptionKey, @Nullable List<String> formerEncryptionKeys) {
    /** Omits the keys. */
    @Override
    public String toString() {
        return "EncryptionSettings[REDACTED]";
    }
}
