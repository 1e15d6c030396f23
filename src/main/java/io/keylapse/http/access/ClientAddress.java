package io.keylapse.http.access;

import io.micronaut.http.HttpRequest;
import io.netty.util.NetUtil;
import jakarta.inject.Singleton;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where a request comes from: the socket's peer or, behind proxies that are trusted, the last address in {@code
 * X-Forwarded-For} that is not one of them. Anything further left was written by whoever it names.
 */
@Singleton
final class ClientAddress {
    /** An IPv6 address, with a port or without. */
    private static final Pattern IN_BRACKETS = Pattern.compile("\\[([^\\[\\]]*:[^\\[\\]]*)](?::\\d{1,5})?");
    /** An IPv4 address with a port. Without brackets, what follows the last colon of an IPv6 address belongs to it. */
    private static final Pattern WITH_PORT = Pattern.compile("([^:\\[\\]]+):\\d{1,5}");

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

    /** The address of a hop, which some proxies write with the port they saw: {@code 203.0.113.5:40000}. */
    static @Nullable InetAddress parse(String hop) {
        Matcher inBrackets = IN_BRACKETS.matcher(hop);
        Matcher withPort = WITH_PORT.matcher(hop);
        String address = inBrackets.matches() ? inBrackets.group(1) : withPort.matches() ? withPort.group(1) : hop;
        byte[] bytes = NetUtil.createByteArrayFromIpAddressString(address);
        try {
            return bytes == null ? null : InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("4 or 16 bytes are an address", e);
        }
    }
}
