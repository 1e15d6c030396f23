package io.keylapse.key;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URLEncoder;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * URL at which key holders renew a key.
 *
 * @param template URL with the placeholders {@code {keyId}} and {@code {owner}}; null if there is none
 */
public record RenewUrl(@Nullable String template) {
    /** The URL for this key; empty if there is no template. */
    public Optional<String> of(KeyId key, String owner) {
        // URLEncoder encodes a space as +, which is valid only in queries; %20 is valid everywhere.
        return Optional.ofNullable(template)
                .map(url -> url.replace("{keyId}", key.toString())
                        .replace("{owner}", URLEncoder.encode(owner, UTF_8).replace("+", "%20")));
    }
}
