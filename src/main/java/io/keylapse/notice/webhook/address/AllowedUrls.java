package io.keylapse.notice.webhook.address;

import io.netty.util.NetUtil;
import jakarta.inject.Singleton;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.Objects;
import java.util.Optional;

/** Which URLs a webhook may have. What a name in one leads to is looked at each time it is called: see {@link VettedNames}. */
@Singleton
public final class AllowedUrls {
    private static final int MOST_CHARACTERS = 2_048;
    private static final int HTTP_PORT = 80;
    private static final int HTTPS_PORT = 443;

    private final AllowedAddresses addresses;
    private final WebhookSettings settings;

    AllowedUrls(AllowedAddresses addresses, WebhookSettings settings) {
        this.addresses = addresses;
        this.settings = settings;
    }

    /** What is wrong with it, if anything. */
    public Optional<String> complaint(URI url) {
        String scheme = Objects.requireNonNullElse(url.getScheme(), "");
        String host = url.getHost();
        if (!scheme.equals("https") && !(scheme.equals("http") && settings.allowHttp())) {
            return Optional.of(
                    settings.allowHttp()
                            ? "must be an http or https URL"
                            : "must be an https URL; without TLS only if keylapse.webhooks.allow-http is set");
        }
        if (host == null || host.isEmpty()) {
            return Optional.of("must name a host");
        }
        if (url.toString().length() > MOST_CHARACTERS) {
            return Optional.of("must be at most " + MOST_CHARACTERS + " characters");
        }
        if (url.getRawUserInfo() != null || url.getRawFragment() != null) {
            return Optional.of("must have neither user nor fragment");
        }
        int port = url.getPort() >= 0 ? url.getPort() : scheme.equals("https") ? HTTPS_PORT : HTTP_PORT;
        if (!settings.allows(port)) {
            return Optional.of("must have one of the ports " + settings.ports() + " (keylapse.webhooks.ports)");
        }
        byte[] address = NetUtil.createByteArrayFromIpAddressString(host.replaceAll("[\\[\\]]", ""));
        return address == null || addresses.contains(address(address))
                ? Optional.empty()
                : Optional.of("must be a public address, or in keylapse.webhooks.allowed-networks");
    }

    private static InetAddress address(byte[] bytes) {
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("4 or 16 bytes are an address", e);
        }
    }
}
