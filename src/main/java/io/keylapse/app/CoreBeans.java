package io.keylapse.app;

import io.keylapse.http.holder.MyKeySettings;
import io.keylapse.key.KeyFormat;
import io.keylapse.key.KeyId;
import io.keylapse.key.PublicUrl;
import io.keylapse.key.RenewUrl;
import io.keylapse.key.ServiceIdentity;
import io.keylapse.key.input.MailAddress;
import io.keylapse.key.input.PlainText;
import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.context.annotation.Factory;
import io.micronaut.core.bind.annotation.Bindable;
import jakarta.inject.Singleton;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Clock;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Creates the beans of the packages that do not depend on Micronaut. */
@Factory
final class CoreBeans {
    private static final KeyId ANY_KEY = new KeyId(new UUID(0, 0));

    /**
     * The format of keys.
     *
     * @param prefix prefix of new keys
     * @param formerPrefixes prefixes of keys that were issued earlier; without them, such keys are malformed
     */
    @ConfigurationProperties("keylapse.keys")
    record KeySettings(
            @Bindable(defaultValue = "kl") String prefix,
            @Nullable List<String> formerPrefixes) {}

    /**
     * The renewal page of the operator.
     *
     * @param renewUrl URL template of the page where an owner renews a key, with {@code {keyId}} and {@code {owner}}; default:
     *     the page for key holders, if {@code KEYLAPSE_PUBLIC_URL} is set, for keys that their holders may renew there
     */
    @ConfigurationProperties("keylapse.gateway")
    record RenewSettings(@Nullable String renewUrl) {
        RenewSettings {
            if (renewUrl != null
                    && !isUrl(new RenewUrl(renewUrl, null)
                            .of(ANY_KEY, "owner", false)
                            .orElseThrow())) {
                throw new IllegalArgumentException("keylapse.gateway.renew-url must be an http or https URL, which"
                        + " may contain {keyId} and {owner}, not \"" + renewUrl + "\"");
            }
        }

        private static boolean isUrl(String text) {
            try {
                var uri = new URI(text);
                return uri.getRawAuthority() != null
                        && uri.isAbsolute()
                        && uri.getScheme().matches("(?i)https?");
            } catch (URISyntaxException e) {
                return false;
            }
        }
    }

    /**
     * How the service presents itself to key holders: in mail, on their page and in refusals.
     *
     * @param serviceName name of your service, such as {@code Acme API}
     * @param supportContact support contact for key holders: a mail address, or an http or https URL
     */
    @ConfigurationProperties("keylapse")
    record IdentitySettings(
            @Nullable String serviceName, @Nullable String supportContact) {
        private static final int MAX_NAME_CHARACTERS = 100;

        IdentitySettings {
            serviceName = serviceName == null || serviceName.isBlank() ? null : serviceName;
            supportContact = supportContact == null || supportContact.isBlank() ? null : supportContact;
            if (serviceName != null) {
                PlainText.complaintAboutName(serviceName, MAX_NAME_CHARACTERS).ifPresent(complaint -> {
                    throw new IllegalArgumentException("keylapse.service-name (KEYLAPSE_SERVICE_NAME) " + complaint);
                });
            }
            if (supportContact != null && !isContact(supportContact)) {
                throw new IllegalArgumentException("keylapse.support-contact (KEYLAPSE_SUPPORT_CONTACT) must be a mail"
                        + " address such as support@example.com, or an http or https URL, not \"" + supportContact
                        + "\"");
            }
        }

        private static boolean isContact(String text) {
            return RenewSettings.isUrl(text) || MailAddress.judge(text) instanceof MailAddress.Judgement.Usable;
        }
    }

    /**
     * How people reach this service.
     *
     * @param publicUrl public address of this service, such as {@code https://keys.example.com}; mails about deadlines then
     *     contain a link to the page for key holders, which renews the key if {@code KEYLAPSE_SELF_RENEWAL_POLICY} allows
     *     it. Links need {@code KEYLAPSE_ENCRYPTION_KEY}
     */
    @ConfigurationProperties("keylapse")
    record PublicSettings(@Nullable String publicUrl) {
        PublicSettings {
            if (publicUrl != null && (!RenewSettings.isUrl(publicUrl) || publicUrl.matches(".*[?#].*"))) {
                throw new IllegalArgumentException(
                        "keylapse.public-url (KEYLAPSE_PUBLIC_URL) must be an http or https URL"
                                + " without ? and #, not \"" + publicUrl + "\"");
            }
        }
    }

    @Singleton
    ServiceIdentity serviceIdentity(IdentitySettings settings) {
        return new ServiceIdentity(settings.serviceName(), settings.supportContact());
    }

    @Singleton
    PublicUrl publicUrl(PublicSettings settings, MyKeySettings myKey) {
        String url = settings.publicUrl();
        return new PublicUrl(url == null ? null : url.replaceFirst("/+$", ""), myKey.enabled());
    }

    @Singleton
    KeyFormat keyFormat(KeySettings settings) {
        List<String> former = settings.formerPrefixes();
        try {
            return new KeyFormat(settings.prefix(), former == null ? List.of() : former);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "keylapse.keys.prefix (KEYLAPSE_KEYS_PREFIX) or keylapse.keys.former-prefixes"
                            + " (KEYLAPSE_KEYS_FORMER_PREFIXES): " + e.getMessage(),
                    e);
        }
    }

    @Singleton
    RenewUrl renewUrl(RenewSettings settings, PublicUrl publicUrl) {
        return new RenewUrl(settings.renewUrl(), publicUrl.myKey().orElse(null));
    }

    @Singleton
    Clock clock() {
        return Clock.systemUTC();
    }
}
