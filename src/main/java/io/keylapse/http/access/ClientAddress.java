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
 * The client address of a request: the socket's peer or, behind trusted proxies, the last address in {@code X-Forwarded-For}
 * that is not a trusted proxy. Addresses further left may be forged.
 */
@Singleton
public final class ClientAddress {
    /** An IPv6 address in brackets, with or without a port. */
    private static final Pattern IN_BRACKETS = Pattern.compile("\\[([^\\[\\]]*:[^\\[\\]]*)](?::\\d{1,5})?");
    /** An IPv4 address with a port. An IPv6 address without brackets has no port: its last colon is part of the address. */
    private static final Pattern WITH_PORT = Pattern.compile("([^:\\[\\]]+):\\d{1,5}");

    private final TrustedProxies trustedProxies;

    ClientAddress(TrustedProxies trustedProxies) {
        this.trustedProxies = trustedProxies;
    }

    /** The address of the client that sent this request. */
    public InetAddress of(HttpRequest<?> request) {
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

    /** The address of a hop. Some proxies append the port: {@code 203.0.113.5:40000}. */
    static @Nullable InetAddress parse(String hop) {
        Matcher inBrackets = IN_BRACKETS.matcher(hop);
        Matcher withPort = WITH_PORT.matcher(hop);
        String address = inBrackets.matches() ? inBrackets.group(1) : withPort.matches() ? withPort.group(1) : hop;
        byte[] bytes = NetUtil.createByteArrayFromIpAddressString(address);
        try {
            return bytes == null ? null : InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("4 or 16 bytes are always an address", e);
        }
    }
}
