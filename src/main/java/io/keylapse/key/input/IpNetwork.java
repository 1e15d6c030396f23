package io.keylapse.key.input;

import java.net.InetAddress;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Network of IPv4 or IPv6 addresses in CIDR notation, such as {@code 10.0.0.0/8}. Netty's class is not used: for it, an
 * IPv6 address whose first bits are all ones is in every network.
 */
public final class IpNetwork {
    /** Only literal addresses: names would be looked up. */
    private static final Pattern CIDR = Pattern.compile("([0-9.]{7,15}|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)/(\\d{1,3})");

    private static final int BITS = 8;

    private final byte[] address;
    private final int prefix;

    private IpNetwork(byte[] address, int prefix) {
        this.address = address;
        this.prefix = prefix;
    }

    /** Parses CIDR notation; empty if the text has another form. */
    public static Optional<IpNetwork> parse(String cidr) {
        Matcher matcher = CIDR.matcher(cidr);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        try {
            byte[] address = InetAddress.ofLiteral(matcher.group(1)).getAddress();
            int prefix = Integer.parseInt(matcher.group(2));
            return prefix <= address.length * BITS ? Optional.of(new IpNetwork(address, prefix)) : Optional.empty();
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** Whether the network contains this address. Java treats an IPv4-mapped IPv6 address as an IPv4 address. */
    public boolean contains(InetAddress other) {
        byte[] bytes = other.getAddress();
        if (bytes.length != address.length) {
            return false;
        }
        int whole = prefix / BITS;
        for (int i = 0; i < whole; i++) {
            if (bytes[i] != address[i]) {
                return false;
            }
        }
        int rest = prefix % BITS;
        return rest == 0 || (bytes[whole] ^ address[whole]) >> (BITS - rest) == 0;
    }
}
