package io.keylapse.http.connection;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.keylapse.http.access.TrustedProxies;
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
 * How many connections each client address has, so that one client cannot take them all. An IPv6 client counts as its /64
 * network, which is the least that one customer is given. Loopback and trusted proxies are exempt: they stand for many
 * clients.
 */
@Singleton
public final class AddressShares {
    private static final Logger LOG = LoggerFactory.getLogger(AddressShares.class);
    private static final Duration BETWEEN_WARNINGS = Duration.ofHours(1);
    private static final int MAX_ADDRESSES_WARNED_OF = 1_000;

    private final @Nullable Integer configured;
    private final TrustedProxies trustedProxies;
    private final Counter refused;
    private final Map<ClientNetwork, Integer> open = new ConcurrentHashMap<>();
    private final Cache<ClientNetwork, Boolean> warnedOf = Caffeine.newBuilder()
            .expireAfterWrite(BETWEEN_WARNINGS)
            .maximumSize(MAX_ADDRESSES_WARNED_OF)
            .build();

    AddressShares(ConnectionSettings settings, TrustedProxies trustedProxies, MeterRegistry meters) {
        this.configured = settings.maxConnectionsPerAddress();
        this.trustedProxies = trustedProxies;
        this.refused = Counter.builder("keylapse.http.connections.refused.address")
                .description("Connections closed because their address had its share already")
                .register(meters);
    }

    /** What is given back when a connection ends. */
    @FunctionalInterface
    public interface Share {
        /** That of a connection which is not counted. */
        Share EXEMPT = () -> {};

        void release();
    }

    /**
     * Counts a connection from this address.
     *
     * @param maxInAll how many connections there may be from everybody
     * @return its share; null if the address has as many as it may
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
        if (warnedOf.asMap().putIfAbsent(network, true) == null) {
            LOG.warn(
                    "{} has {} connections open, as many as one address may; further ones are closed at once."
                            + " If it is a proxy of yours, add it to KEYLAPSE_TRUSTED_PROXIES,"
                            + " or raise KEYLAPSE_MAX_CONNECTIONS_PER_ADDRESS.",
                    network,
                    max);
        }
    }
}
