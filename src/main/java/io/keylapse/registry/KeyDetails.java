package io.keylapse.registry;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What an operator may change about a key at any time.
 *
 * @param name for people; may be empty
 * @param scopes RFC 6749 scope tokens, each once
 * @param metadata a JSON object as text, which is stored as it is
 * @param contact where the owner is told about the key; null for nowhere
 * @param leadTimes when before its deadline the owner is told; null for the usual times, empty for never
 */
public record KeyDetails(
        String name,
        List<String> scopes,
        String metadata,
        @Nullable Contact contact,
        @Nullable List<Duration> leadTimes) {
    public KeyDetails {
        scopes = List.copyOf(scopes);
        leadTimes = leadTimes == null ? null : List.copyOf(leadTimes);
    }

    /**
     * Where an owner is told.
     *
     * @param language what the owner reads, as BCP 47 has it; null when not said
     */
    public record Contact(String email, @Nullable String language) {}

    /** The address, if there is one. */
    public @Nullable String email() {
        return contact == null ? null : contact.email();
    }

    /** The language, if it was said. */
    public @Nullable String language() {
        return contact == null ? null : contact.language();
    }
}
