package io.keylapse.notice.webhook.address;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where webhooks may be.
 *
 * @param ports ports that webhooks may use
 * @param allowHttp allow webhooks without TLS
 * @param allowedNetworks networks that may be called although they are not public, such as {@code 10.20.0.0/16}
 */
@ConfigurationProperties("keylapse.webhooks")
record WebhookSettings(
        @Bindable(defaultValue = "443,8443") List<String> ports,
        @Bindable(defaultValue = "false") boolean allowHttp,
        @Nullable List<String> allowedNetworks) {
    private static final Pattern PORT = Pattern.compile("[1-9][0-9]{0,4}");
    private static final int HIGHEST_PORT = 65_535;

    WebhookSettings {
        ports = List.copyOf(ports);
        ports.forEach(WebhookSettings::parse);
        allowedNetworks = allowedNetworks == null ? List.of() : List.copyOf(allowedNetworks);
    }

    /** Whether this port may be called. */
    boolean allows(int port) {
        return ports.stream().anyMatch(each -> parse(each) == port);
    }

    private static int parse(String port) {
        if (!PORT.matcher(port).matches() || Integer.parseInt(port) > HIGHEST_PORT) {
            throw new IllegalArgumentException(
                    "keylapse.webhooks.ports (KEYLAPSE_WEBHOOKS_PORTS) must be ports from 1 to " + HIGHEST_PORT
                            + ", not \"" + port + "\"");
        }
        return Integer.parseInt(port);
    }
}
