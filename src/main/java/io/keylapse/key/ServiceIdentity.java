package io.keylapse.key;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URLEncoder;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How the service presents itself to key holders.
 *
 * @param name the name of the service; null for none
 * @param support support contact for key holders: a mail address, or an http or https URL; null for none
 */
public record ServiceIdentity(
        @Nullable String name, @Nullable String support) {
    /** Nothing is known about the service. */
    public static final ServiceIdentity ANONYMOUS = new ServiceIdentity(null, null);

    /** Tells a key holder who cannot renew a key whom to ask. No full stop follows a contact, so that it can be copied. */
    public String askToRenew() {
        return support == null ? "Ask its issuer to renew it." : "Ask its issuer to renew it, or contact " + support;
    }

    /** The support contact as a link: a {@code mailto:} URL for an address. */
    public Optional<String> supportUrl() {
        return Optional.ofNullable(support).map(contact -> {
            int at = contact.lastIndexOf('@');
            return contact.contains("://")
                    ? contact
                    : "mailto:" + URLEncoder.encode(contact.substring(0, at), UTF_8) + contact.substring(at);
        });
    }
}
