package io.keylapse.notice.webhook.address;

import io.keylapse.key.input.IpNetwork;
import jakarta.inject.Singleton;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * The addresses that webhooks may call: public ones, and those in the configured networks. Otherwise a caller who may create
 * webhooks could make this service call internal systems (server-side request forgery).
 *
 * @see <a href="https://www.iana.org/assignments/iana-ipv4-special-registry">IANA IPv4 Special-Purpose Address Registry</a>
 * @see <a href="https://www.iana.org/assignments/iana-ipv6-special-registry">IANA IPv6 Special-Purpose Address Registry</a>
 */
@Singleton
final class AllowedAddresses {
    private static final List<IpNetwork> NOT_PUBLIC = Stream.of(
                    "0.0.0.0/8",
                    "10.0.0.0/8",
                    "100.64.0.0/10",
                    "127.0.0.0/8",
                    "169.254.0.0/16",
                    "172.16.0.0/12",
                    "192.0.0.0/24",
                    "192.0.2.0/24",
                    "192.88.99.0/24",
                    "192.168.0.0/16",
                    "198.18.0.0/15",
                    "198.51.100.0/24",
                    "203.0.113.0/24",
                    "224.0.0.0/4",
                    "240.0.0.0/4",
                    "2001::/23",
                    "2001:db8::/32",
                    "2002::/16",
                    "3fff::/20")
            .map(AllowedAddresses::network)
            .toList();

    /** The only part of IPv6 that is global unicast. */
    private static final IpNetwork GLOBAL_UNICAST = network("2000::/3");

    /** RFC 6052: the last four bytes are an IPv4 address. */
    private static final IpNetwork NAT64 = network("64:ff9b::/96");

    private final List<IpNetwork> allowed;

    AllowedAddresses(WebhookSettings settings) {
        allowed = Objects.requireNonNull(settings.allowedNetworks()).stream()
                .map(AllowedAddresses::allowedNetwork)
                .toList();
    }

    /** Whether this address may be called. If an IPv6 address contains an IPv4 address, that one decides. */
    boolean contains(InetAddress address) {
        InetAddress embedded = embedded(address);
        return isIn(allowed, embedded) || isPublic(embedded);
    }

    private static boolean isPublic(InetAddress address) {
        boolean isIpv4 = address.getAddress().length == 4;
        return (isIpv4 || GLOBAL_UNICAST.contains(address)) && !isIn(NOT_PUBLIC, address);
    }

    /**
     * The IPv4 address that an IPv6 address contains, or the address itself. Java already converts IPv4-mapped addresses.
     */
    private static InetAddress embedded(InetAddress address) {
        byte[] bytes = address.getAddress();
        boolean carries = bytes.length == 16 && (NAT64.contains(address) || isIpv4Compatible(bytes));
        if (!carries) {
            return address;
        }
        try {
            return InetAddress.getByAddress(Arrays.copyOfRange(bytes, 12, 16));
        } catch (UnknownHostException e) {
            throw new IllegalStateException("4 bytes are always an address", e);
        }
    }

    private static boolean isIpv4Compatible(byte[] bytes) {
        for (int i = 0; i < 12; i++) {
            if (bytes[i] != 0) {
                return false;
            }
        }
        return true;
    }

    private static boolean isIn(List<IpNetwork> networks, InetAddress address) {
        return networks.stream().anyMatch(network -> network.contains(address));
    }

    private static IpNetwork network(String cidr) {
        return IpNetwork.parse(cidr).orElseThrow();
    }

    private static IpNetwork allowedNetwork(String cidr) {
        return IpNetwork.parse(cidr)
                .orElseThrow(() -> new IllegalArgumentException(
                        "keylapse.webhooks.allowed-networks must be networks such as 10.0.0.0/8, not \"" + cidr
                                + "\""));
    }
}
