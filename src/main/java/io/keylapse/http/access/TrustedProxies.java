package io.keylapse.http.access;

import io.keylapse.key.input.IpNetwork;
import io.keylapse.security.SecuritySettings;
import io.micronaut.context.exceptions.ConfigurationException;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.net.InetAddress;
import java.util.List;
import java.util.Objects;

/** The networks of trusted proxies: {@code KEYLAPSE_TRUSTED_PROXIES}. Their {@code X-Forwarded-For} is trusted. */
@Singleton
public final class TrustedProxies {
    private final List<IpNetwork> networks;

    @Inject
    TrustedProxies(SecuritySettings settings) {
        this(Objects.requireNonNull(settings.trustedProxies()));
    }

    private TrustedProxies(List<String> cidrs) {
        this.networks = cidrs.stream().map(TrustedProxies::network).toList();
    }

    /** Trusted proxies in these networks, which are in CIDR notation. */
    public static TrustedProxies of(List<String> cidrs) {
        return new TrustedProxies(cidrs);
    }

    /** Whether this is the address of a trusted proxy. */
    public boolean contain(InetAddress address) {
        return networks.stream().anyMatch(network -> network.contains(address));
    }

    private static IpNetwork network(String cidr) {
        return IpNetwork.parse(cidr)
                .orElseThrow(() -> new ConfigurationException(
                        "keylapse.trusted-proxies must be networks such as 10.0.0.0/8, not \"" + cidr + "\""));
    }
}
