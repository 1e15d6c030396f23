package io.keylapse.key;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URLEncoder;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Where an owner renews a key.
 *
 * @param template with {@code {keyId}} and {@code {owner}}; null for nowhere
 */
public record RenewUrl(@Nullable String template) {
    /** The address for this key, if there is any. */
    public Optional<String> of(KeyId key, String owner) {
        // A space is + only in queries, and %20 everywhere.
        return Optional.ofNullable(template)
                .map(url -> url.replace("{keyId}", key.toString())
                        .replace("{owner}", URLEncoder.encode(owner, UTF_8).replace("+", "%20")));
    }
}
