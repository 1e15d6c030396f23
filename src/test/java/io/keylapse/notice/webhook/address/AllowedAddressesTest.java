package io.keylapse.notice.webhook.address;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AllowedAddressesTest {
    private final AllowedAddresses strict = allowing();

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0.0.0.0",
                "10.1.2.3",
                "100.64.0.1",
                "100.127.255.255",
                "127.0.0.1",
                "127.255.255.254",
                "169.254.169.254",
                "172.16.0.1",
                "172.31.255.255",
                "192.0.0.1",
                "192.0.2.1",
                "192.168.0.1",
                "198.18.0.1",
                "198.51.100.1",
                "203.0.113.1",
                "224.0.0.1",
                "255.255.255.255",
                "::",
                "::1",
                "::10.0.0.1",
                "::ffff:10.0.0.1",
                "::ffff:127.0.0.1",
                "64:ff9b::10.0.0.1",
                "64:ff9b::169.254.169.254",
                "64:ff9b:1::1",
                "fc00::1",
                "fd12:3456::1",
                "fe80::1",
                "fec0::1",
                "ff02::1",
                "2001::1",
                "2001:db8::1",
                "2002:a00:1::1",
                "100::1"
            })
    void address_that_is_not_public_is_refused(String address) throws UnknownHostException {
        assertThat(strict.contains(InetAddress.getByName(address))).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1.1.1.1",
                "9.9.9.9",
                "100.63.255.255",
                "100.128.0.1",
                "172.15.0.1",
                "172.32.0.1",
                "192.169.0.1",
                "::ffff:1.1.1.1",
                "64:ff9b::1.1.1.1",
                "2606:4700::1111",
                "2a00:1450:4001::1"
            })
    void public_address_is_allowed(String address) throws UnknownHostException {
        assertThat(strict.contains(InetAddress.getByName(address))).isTrue();
    }

    @Test
    void network_that_is_named_is_allowed_and_no_other() throws UnknownHostException {
        AllowedAddresses some = allowing("10.20.0.0/16", "fd00::/8");
        assertThat(some.contains(InetAddress.getByName("10.20.3.4"))).isTrue();
        assertThat(some.contains(InetAddress.getByName("64:ff9b::10.20.3.4"))).isTrue();
        assertThat(some.contains(InetAddress.getByName("fd00::1"))).isTrue();
        assertThat(some.contains(InetAddress.getByName("10.21.0.1"))).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.0.0.0", "10.0.0.0/x", "ten/8", "10.0.0.0/33"})
    void network_that_is_none_is_refused_by_the_name_of_the_setting(String network) {
        assertThatThrownBy(() -> allowing(network))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("keylapse.webhooks.allowed-networks")
                .hasMessageContaining(network);
    }

    private static AllowedAddresses allowing(String... networks) {
        return new AllowedAddresses(new WebhookSettings(List.of("443"), false, List.of(networks)));
    }
}
