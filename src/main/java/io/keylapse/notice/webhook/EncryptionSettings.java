package io.keylapse.notice.webhook;

import io.micronaut.context.annotation.ConfigurationProperties;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * With what secrets are encrypted that cannot be hashed, because they are needed again.
 *
 * @param encryptionKey 32 bytes in base 64, as {@code openssl rand -base64 32} makes them; null for none, without which
 *     there can be no webhooks
 * @param formerEncryptionKeys those before it, for what was encrypted then
 */
@ConfigurationProperties("keylapse")
record EncryptionSettings(
        @Nullable String encryptionKey, @Nullable List<String> formerEncryptionKeys) {
    /** Shows neither. */
    @Override
    public String toString() {
        return "EncryptionSettings[REDACTED]";
    }
}
