package io.keylapse.notice.webhook;

import com.standardwebhooks.exceptions.EmptyWebhookSecretException;
import com.standardwebhooks.exceptions.WebhookSigningException;
import java.util.Base64;
import java.util.List;
import java.util.stream.Collectors;

/**
 * With what requests to a webhook are signed: one secret, and for a while after it was replaced the one before it too.
 *
 * @param secrets as {@code whsec_} and base 64, the newest first
 */
record SigningSecrets(List<String> secrets) {
    static final int BYTES = 32;
    private static final String PREFIX = "whsec_";

    static String text(byte[] secret) {
        return PREFIX + Base64.getEncoder().encodeToString(secret);
    }

    /** The value of {@code webhook-signature}: one signature for each secret. */
    String sign(String id, long timestamp, String body) {
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

    /** Shows none. */
    @Override
    public String toString() {
        return "SigningSecrets[REDACTED]";
    }
}
