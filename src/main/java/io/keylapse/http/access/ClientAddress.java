package io.keylapse.http.access;

import io.keylapse.key.input.IpNetwork;
import io.keylapse.security.SecuritySettings;
import io.micronaut.context.exceptions.ConfigurationException;
import io.micronaut.http.HttpRequest;
import io.netty.util.NetUtil;
import jakarta.inject.Singleton;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Where a request comes from: the socket's peer or, behind proxies that are trusted, the last address in {@code
 * X-Forwarded-For} that is not one of them. Anything further left was written by whoever it names.
 */
@Singleton
final class ClientAddress {
    private final List<IpNetwork> trusted;

    ClientAddress(SecuritySettings settings) {
        this.trusted = Objects.requireNonNull(settings.trustedProxies()).stream()
                .map(ClientAddress::network)
                .toList();
    }

    InetAddress of(HttpRequest<?> request) {
        InetAddress address = request.getRemoteAddress().getAddress();
        if (!isTrusted(address)) {
            return address;
        }
        List<String> hops = request.getHeaders().getAll("X-Forwarded-For").stream()
                .flatMap(value -> List.of(value.split(",")).stream())
                .map(String::strip)
                .toList();
        for (String hop : hops.reversed()) {
            InetAddress named = parse(hop);
            if (named == null) {
                return address;
            }
            address = named;
            if (!isTrusted(named)) {
                return named;
            }
        }
        return address;
    }

    private boolean isTrusted(InetAddress address) {
        return trusted.stream().anyMatch(network -> network.contains(address));
    }

    private static @Nullable InetAddress parse(String text) {
        byte[] bytes = NetUtil.createByteArrayFromIpAddressString(text);
        try {
            return bytes == null ? null : InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("4 or 16 bytes are an address", e);
        }
    }

    private static IpNetwork network(String cidr) {
        return IpNetwork.parse(cidr)
                .orElseThrow(() -> new ConfigurationException(
                        "keylapse.trusted-proxies must be networks such as 10.0.0.0/8, not \"" + cidr + "\""));
    }
}
