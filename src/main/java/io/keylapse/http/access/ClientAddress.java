package io.keylapse.http.access;

import io.micronaut.http.HttpRequest;
import io.netty.util.NetUtil;
import jakarta.inject.Singleton;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a request comes from: the socket's peer or, behind proxies that are trusted, the last address in {@code
 * X-Forwarded-For} that is not one of them. Anything further left was written by whoever it names.
 */
@Singleton
final class ClientAddress {
    private final TrustedProxies trustedProxies;

    ClientAddress(TrustedProxies trustedProxies) {
        this.trustedProxies = trustedProxies;
    }

    InetAddress of(HttpRequest<?> request) {
        InetAddress address = request.getRemoteAddress().getAddress();
        if (!trustedProxies.contain(address)) {
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
            if (!trustedProxies.contain(named)) {
                return named;
            }
        }
        return address;
    }

    private static @Nullable InetAddress parse(String text) {
        byte[] bytes = NetUtil.createByteArrayFromIpAddressString(text);
        try {
            return bytes == null ? null : InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("4 or 16 bytes are an address", e);
        }
    }
}
