package io.keylapse.security;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How the management API is guarded.
 *
 * @param adminKey a management key of role admin for as long as it is set; {@code KEYLAPSE_ADMIN_KEY}
 * @param trustedProxies networks in CIDR form whose {@code X-Forwarded-For} is believed
 * @param mostBadCredentials how many bad credentials from one address are answered within the window
 * @param badCredentialsWindow for how long they count
 */
@ConfigurationProperties("keylapse")
public record SecuritySettings(
        @Nullable String adminKey,
        @Nullable List<String> trustedProxies,
        @Bindable(defaultValue = "10") int mostBadCredentials,
        @Bindable(defaultValue = "PT1M") Duration badCredentialsWindow) {
    /** Fewest characters in {@code KEYLAPSE_ADMIN_KEY}. */
    public static final int SHORTEST_ADMIN_KEY = 24;

    public SecuritySettings {
        if (adminKey != null && adminKey.length() < SHORTEST_ADMIN_KEY) {
            throw new IllegalArgumentException("keylapse.admin-key (KEYLAPSE_ADMIN_KEY) must have at least "
                    + SHORTEST_ADMIN_KEY + " characters, but has " + adminKey.length());
        }
        if (mostBadCredentials < 1) {
            throw new IllegalArgumentException("keylapse.most-bad-credentials must be at least 1");
        }
        if (!badCredentialsWindow.isPositive()) {
            throw new IllegalArgumentException(
                    "keylapse.bad-credentials-window must be positive, not " + badCredentialsWindow);
        }
        trustedProxies = trustedProxies == null ? List.of() : List.copyOf(trustedProxies);
    }

    /** Without the admin key. */
    @Override
    public String toString() {
        return "SecuritySettings[adminKey=" + (adminKey == null ? "absent" : "REDACTED") + ", trustedProxies="
                + trustedProxies + "]";
    }
}
