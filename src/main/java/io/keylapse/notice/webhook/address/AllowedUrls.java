package io.keylapse.notice.webhook.address;

import io.keylapse.key.input.PlainText;
import io.netty.util.NetUtil;
import jakarta.inject.Singleton;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;

/** Validation of webhook URLs. The addresses behind a host name are checked for each connection: see {@link VettedNames}. */
@Singleton
public final class AllowedUrls {
    private static final int MAX_CHARACTERS = 2_048;
    /**
     * Host names that resolvers treat as addresses although they are not written as one: brackets, or a number at the end.
     */
    private static final Pattern ODD_ADDRESS = Pattern.compile("\\[.*|(.*\\.)?([0-9]+|0[xX][0-9a-fA-F]*)\\.?");

    private static final int HTTP_PORT = 80;
    private static final int HTTPS_PORT = 443;

    private final AllowedAddresses addresses;
    private final WebhookSettings settings;

    AllowedUrls(AllowedAddresses addresses, WebhookSettings settings) {
        this.addresses = addresses;
        this.settings = settings;
    }

    /**
     * The rule that a URL breaks; empty if it is valid. The URL is checked in the form in which it is called: see {@link
     * AsciiUrl}.
     */
    public Optional<String> complaint(URI url) {
        String scheme = Objects.requireNonNullElse(url.getScheme(), "").toLowerCase(Locale.ROOT);
        if (!scheme.equals("https") && !(scheme.equals("http") && settings.allowHttp())) {
            return Optional.of(
                    settings.allowHttp()
                            ? "must be an http or https URL"
                            : "must be an https URL; http is allowed only if keylapse.webhooks.allow-http is set");
        }
        Optional<String> invisible = invisible(url.toString());
        if (invisible.isPresent()) {
            return invisible;
        }
        String authority = Objects.requireNonNullElse(url.getRawAuthority(), "");
        if (authority.contains("@") || url.getRawFragment() != null) {
            return Optional.of("must have neither user info nor a fragment");
        }
        Optional<URI> called = AsciiUrl.of(url);
        if (called.isEmpty()) {
            return Optional.of("must have a valid host name; write a non-ASCII name as xn--...");
        }
        return complaintAboutCall(called.get(), scheme);
    }

    private Optional<String> complaintAboutCall(URI url, String scheme) {
        if (url.toString().length() > MAX_CHARACTERS) {
            return Optional.of("must be at most " + MAX_CHARACTERS + " characters, percent-encoded");
        }
        int port = url.getPort() >= 0 ? url.getPort() : scheme.equals("https") ? HTTPS_PORT : HTTP_PORT;
        if (!settings.allows(port)) {
            return Optional.of("must have one of the ports " + settings.ports() + " (keylapse.webhooks.ports)");
        }
        String host = url.getHost();
        byte[] address = NetUtil.createByteArrayFromIpAddressString(host.replaceAll("[\\[\\]]", ""));
        if (host.contains("%") || (address == null && ODD_ADDRESS.matcher(host).matches())) {
            return Optional.of("must have an IPv4 address as four decimal numbers, or an IPv6 address without a zone");
        }
        return address == null || addresses.contains(address(address))
                ? Optional.empty()
                : Optional.of("must have a public address, or one in keylapse.webhooks.allowed-networks");
    }

    /** Invisible characters would be sent percent-encoded, and are almost always a mistake. */
    private static Optional<String> invisible(String url) {
        return url.codePoints()
                .filter(c -> Character.getType(c) == Character.FORMAT || Character.getType(c) == Character.SURROGATE)
                .mapToObj(c -> "must percent-encode " + PlainText.codePoint(c) + ", which is invisible")
                .findFirst();
    }

    private static InetAddress address(byte[] bytes) {
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("4 or 16 bytes are always an address", e);
        }
    }
}
