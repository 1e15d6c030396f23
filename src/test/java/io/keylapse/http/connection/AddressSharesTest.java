package io.keylapse.http.connection;

import static org.assertj.core.api.Assertions.assertThat;

import io.keylapse.app.CapturedLog;
import io.keylapse.http.access.TrustedProxies;
import io.keylapse.http.connection.AddressShares.Share;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class AddressSharesTest {
    private final MeterRegistry meters = new SimpleMeterRegistry();

    @Test
    void one_address_has_half_of_all_connections_by_default_and_others_have_theirs() throws Exception {
        AddressShares shares = shares(null);
        for (int i = 0; i < 5; i++) {
            assertThat(shares.take(peer("203.0.113.5", i), 10)).isNotNull();
        }
        assertThat(shares.take(peer("203.0.113.5", 9), 10)).isNull();
        assertThat(shares.take(peer("203.0.113.6", 9), 10)).isNotNull();
        assertThat(meters.get("keylapse.http.connections.refused.address")
                        .counter()
                        .count())
                .isEqualTo(1);
    }

    @Test
    void connection_that_ends_makes_room() throws Exception {
        AddressShares shares = shares(1);
        Share first = shares.take(peer("203.0.113.5", 1), 10);
        assertThat(shares.take(peer("203.0.113.5", 2), 10)).isNull();
        Objects.requireNonNull(first).release();
        assertThat(shares.take(peer("203.0.113.5", 3), 10)).isNotNull();
    }

    @Test
    void ipv6_client_counts_as_its_network() throws Exception {
        AddressShares shares = shares(1);
        assertThat(shares.take(peer("2001:db8:1:2::1", 1), 10)).isNotNull();
        assertThat(shares.take(peer("2001:db8:1:2:ffff::9", 1), 10)).isNull();
        assertThat(shares.take(peer("2001:db8:1:3::1", 1), 10)).isNotNull();
    }

    @Test
    void loopback_trusted_proxies_and_sockets_are_exempt() throws Exception {
        AddressShares shares = shares(1);
        for (int i = 0; i < 3; i++) {
            assertThat(shares.take(peer("127.0.0.1", i), 10)).isNotNull();
            assertThat(shares.take(peer("::1", i), 10)).isNotNull();
            assertThat(shares.take(peer("192.0.2.77", i), 10)).isNotNull();
            assertThat(shares.take(new DomainSocketAddress(""), 10)).isNotNull();
        }
    }

    @Test
    void address_that_reaches_its_share_is_named_once() throws Exception {
        AddressShares shares = shares(1);
        try (var log = CapturedLog.open()) {
            for (int i = 0; i < 5; i++) {
                shares.take(peer("203.0.113.5", i), 10);
            }
            assertThat(log.lines())
                    .singleElement()
                    .asString()
                    .contains("203.0.113.5", "KEYLAPSE_TRUSTED_PROXIES", "KEYLAPSE_MAX_CONNECTIONS_PER_ADDRESS");
        }
    }

    private AddressShares shares(@Nullable Integer max) {
        var settings = new ConnectionSettings(max, Duration.ofSeconds(10), Duration.ofSeconds(10));
        return new AddressShares(settings, TrustedProxies.of(List.of("192.0.2.0/24")), meters);
    }

    private static SocketAddress peer(String address, int port) throws Exception {
        return new InetSocketAddress(
                InetAddress.getByAddress(NetUtil.createByteArrayFromIpAddressString(address)), 40_000 + port);
    }
}
