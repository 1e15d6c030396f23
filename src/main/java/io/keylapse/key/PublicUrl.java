package io.keylapse.key;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The address at which people reach this service.
 *
 * @param base an http or https URL without a slash at the end; null if it is not known
 * @param hasMyKey whether there is a page for key holders
 */
public record PublicUrl(@Nullable String base, boolean hasMyKey) {
    /** The address of the page for key holders; empty if it is switched off or no public URL is known. */
    public Optional<String> myKey() {
        return Optional.ofNullable(base).filter(_ -> hasMyKey).map(url -> url + "/my-key");
    }
}
