package io.keylapse.registry;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The details of a key that an operator can change at any time.
 *
 * @param name for people; may be empty
 * @param scopes RFC 6749 scope tokens, each once
 * @param metadata a JSON object as text, stored unchanged
 * @param contact where notices for the owner go; null for none
 * @param leadTimes how long before the deadline the owner is notified; null for the default, empty for never
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
     * Where notices for an owner go.
     *
     * @param language the owner's language as a BCP 47 tag; null if not set
     */
    public record Contact(String email, @Nullable String language) {}

    /** The names of the fields, as in the API, in which these details differ from earlier ones. */
    public String[] namesOfChanges(KeyDetails earlier) {
        var names = new ArrayList<String>();
        if (!name.equals(earlier.name)) {
            names.add("name");
        }
        if (!scopes.equals(earlier.scopes)) {
            names.add("scopes");
        }
        if (!metadata.equals(earlier.metadata)) {
            names.add("metadata");
        }
        if (!Objects.equals(contact, earlier.contact)) {
            names.add("contact");
        }
        if (!Objects.equals(leadTimes, earlier.leadTimes)) {
            names.add("leadTimes");
        }
        return names.toArray(String[]::new);
    }

    /** The address; null if there is none. */
    public @Nullable String email() {
        return contact == null ? null : contact.email();
    }

    /** The language; null if not set. */
    public @Nullable String language() {
        return contact == null ? null : contact.language();
    }
}
