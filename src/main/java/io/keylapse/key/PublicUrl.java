package io.keylapse.key;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The address at which people reach this service.
 *
 * @param base an http or https URL without a slash at the end; null if it is not known
 */
public record PublicUrl(@Nullable String base) {
    /** The path of the page for key holders. */
    public static final String MY_KEY = "/my-key";

    /** The address of the page for key holders; empty if no public URL is known. */
    public Optional<String> myKey() {
        return Optional.ofNullable(base).map(url -> url + MY_KEY);
    }
}
