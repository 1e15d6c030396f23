package io.keylapse.http.connection;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.keylapse.http.access.TrustedProxies;
import io.keylapse.security.ClientNetwork;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Singleton;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A connection limit per client address, so that one client cannot use all connections. An IPv6 client counts as its /64
 * network, the smallest network that one customer gets. Loopback and trusted proxies are exempt, because they stand for many
 * clients.
 */
@Singleton
public final class AddressShares {
    private static final Logger LOG = LoggerFactory.getLogger(AddressShares.class);
    private static final Duration BETWEEN_WARNINGS = Duration.ofHours(1);
    private static final int MAX_WARNED_ADDRESSES = 1_000;

    private final @Nullable Integer configured;
    private final TrustedProxies trustedProxies;
    private final Counter refused;
    private final Map<ClientNetwork, Integer> open = new ConcurrentHashMap<>();
    private final Cache<ClientNetwork, Boolean> warned = Caffeine.newBuilder()
            .expireAfterWrite(BETWEEN_WARNINGS)
            .maximumSize(MAX_WARNED_ADDRESSES)
            .build();

    AddressShares(ConnectionSettings settings, TrustedProxies trustedProxies, MeterRegistry meters) {
        this.configured = settings.maxConnectionsPerAddress();
        this.trustedProxies = trustedProxies;
        this.refused = Counter.builder("keylapse.http.connections.refused.address")
                .description("Connections closed because their address had reached its limit")
                .register(meters);
    }

    /** The share of one connection, to be released when it ends. */
    @FunctionalInterface
    public interface Share {
        /** The share of a connection that is not counted. */
        Share EXEMPT = () -> {};

        void release();
    }

    /**
     * Counts a connection from this address.
     *
     * @param maxInAll the limit for all addresses together
     * @return its share; null if the address has reached its limit
     */
    public @Nullable Share take(@Nullable SocketAddress peer, int maxInAll) {
        if (!(peer instanceof InetSocketAddress inet) || isExempt(inet.getAddress())) {
            return Share.EXEMPT;
        }
        int max = configured != null ? configured : Math.max(1, maxInAll / 2);
        ClientNetwork network = ClientNetwork.of(inet.getAddress());
        if (open.merge(network, 1, Integer::sum) > max) {
            release(network);
            refused.increment();
            warn(network, max);
            return null;
        }
        return () -> release(network);
    }

    private boolean isExempt(InetAddress address) {
        return address.isLoopbackAddress() || trustedProxies.contain(address);
    }

    private void release(ClientNetwork network) {
        open.computeIfPresent(network, (_, count) -> count == 1 ? null : count - 1);
    }

    private void warn(ClientNetwork network, int max) {
        if (warned.asMap().putIfAbsent(network, true) == null) {
            LOG.warn(
                    "{} has {} connections open, the limit for one address; further ones are closed at once."
                            + " If it is your proxy, add it to KEYLAPSE_TRUSTED_PROXIES,"
                            + " or raise KEYLAPSE_MAX_CONNECTIONS_PER_ADDRESS.",
                    network,
                    max);
        }
    }
}
