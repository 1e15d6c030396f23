package io.keylapse.registry;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What an operator may change about a key at any time.
 *
 * @param name for people; may be empty
 * @param scopes RFC 6749 scope tokens, each once
 * @param metadata a JSON object as text, which is stored as it is
 * @param email where the owner is told about the key
 */
public record KeyDetails(
        String name,
        List<String> scopes,
        String metadata,
        @Nullable String email) {
    public KeyDetails {
        scopes = List.copyOf(scopes);
    }
}
