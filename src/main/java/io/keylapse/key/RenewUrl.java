package io.keylapse.key;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URLEncoder;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * URL at which key holders renew a key: that of the operator's page, or else of our own, which can renew only some keys.
 *
 * @param template URL of the operator's page with the placeholders {@code {keyId}} and {@code {owner}}; null if there is none
 * @param page URL of our own page; null if there is none
 */
public record RenewUrl(@Nullable String template, @Nullable String page) {
    /**
     * The URL for this key; empty if there is none.
     *
     * @param isRenewable whether the holder may still renew the key, without which our own page is of no use
     */
    public Optional<String> of(KeyId key, String owner, boolean isRenewable) {
        // URLEncoder encodes a space as +, which is valid only in queries; %20 is valid everywhere.
        return Optional.ofNullable(template)
                .map(url -> url.replace("{keyId}", key.toString())
                        .replace("{owner}", URLEncoder.encode(owner, UTF_8).replace("+", "%20")))
                .or(() -> Optional.ofNullable(page).filter(_ -> isRenewable));
    }
}
