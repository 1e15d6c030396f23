package io.keylapse.notice.webhook.signing;

import com.standardwebhooks.exceptions.EmptyWebhookSecretException;
import com.standardwebhooks.exceptions.WebhookSigningException;
import java.util.Base64;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The signing secrets of a webhook: the current one and, for some time after a rotation, the previous one.
 *
 * @param secrets each {@code whsec_} and Base64, newest first
 */
public record SigningSecrets(List<String> secrets) {
    /** The length of a secret. */
    public static final int BYTES = 32;

    private static final String PREFIX = "whsec_";

    /** A secret as text, as Standard Webhooks writes it. */
    public static String text(byte[] secret) {
        return PREFIX + Base64.getEncoder().encodeToString(secret);
    }

    /** The value of {@code webhook-signature}: one signature per secret, separated by spaces. */
    public String sign(String id, long timestamp, String body) {
        return secrets.stream()
                .map(secret -> {
                    try {
                        return new com.standardwebhooks.Webhook(secret).sign(id, timestamp, body);
                    } catch (WebhookSigningException | EmptyWebhookSecretException e) {
                        throw new IllegalStateException("every JDK has HMAC, and a secret is never empty", e);
                    }
                })
                .collect(Collectors.joining(" "));
    }

    /** Omits the secrets. */
    @Override
    public String toString() {
        return "SigningSecrets[REDACTED]";
    }
}
