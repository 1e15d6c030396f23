package io.keylapse.security;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How the management API is guarded.
 *
 * @param adminKey management key of role admin for as long as it is set: at least 24 printable ASCII characters
 * @param formerAdminKeys earlier admin keys that are still accepted while callers change to the new one
 * @param trustedProxies networks in CIDR form whose {@code X-Forwarded-For} is trusted
 * @param maxBadCredentials how many bad management keys from one address are answered with 401 within
 *     {@code KEYLAPSE_BAD_CREDENTIALS_WINDOW}; further ones get 429. {@code keylapse.most-bad-credentials} is an older
 *     name
 * @param badCredentialsWindow how long a bad management key counts
 */
@ConfigurationProperties("keylapse")
public record SecuritySettings(
        @Nullable String adminKey,
        @Nullable List<String> formerAdminKeys,
        @Nullable List<String> trustedProxies,
        @Bindable(defaultValue = "10") int maxBadCredentials,
        @Bindable(defaultValue = "PT1M") Duration badCredentialsWindow) {
    /** The minimum length of {@code KEYLAPSE_ADMIN_KEY}, in characters. */
    public static final int MIN_ADMIN_KEY_CHARACTERS = 24;

    public SecuritySettings {
        if (adminKey != null) {
            check("keylapse.admin-key (KEYLAPSE_ADMIN_KEY)", adminKey);
        }
        formerAdminKeys = formerAdminKeys == null ? List.of() : List.copyOf(formerAdminKeys);
        formerAdminKeys.forEach(key -> check("keylapse.former-admin-keys (KEYLAPSE_FORMER_ADMIN_KEYS): each key", key));
        if (maxBadCredentials < 1) {
            throw new IllegalArgumentException("keylapse.max-bad-credentials must be at least 1");
        }
        if (!badCredentialsWindow.isPositive()) {
            throw new IllegalArgumentException(
                    "keylapse.bad-credentials-window must be positive, not " + badCredentialsWindow);
        }
        trustedProxies = trustedProxies == null ? List.of() : List.copyOf(trustedProxies);
    }

    /** The message must not contain the key. */
    private static void check(String setting, String key) {
        if (key.length() < MIN_ADMIN_KEY_CHARACTERS) {
            throw new IllegalArgumentException(setting + " must have at least " + MIN_ADMIN_KEY_CHARACTERS
                    + " characters, but has " + key.length());
        }
        // HTTP clients encode other characters in headers differently.
        if (!key.chars().allMatch(c -> c >= ' ' && c <= '~')) {
            throw new IllegalArgumentException(setting + " must consist of printable ASCII characters");
        }
    }

    /** Omits the admin keys. */
    @Override
    public String toString() {
        return "SecuritySettings[adminKey=" + (adminKey == null ? "absent" : "REDACTED") + ", formerAdminKeys="
                + (formerAdminKeys == null ? 0 : formerAdminKeys.size()) + ", trustedProxies=" + trustedProxies + "]";
    }
}
