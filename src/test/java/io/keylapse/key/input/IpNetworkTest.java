package io.keylapse.key.input;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class IpNetworkTest {
    @ParameterizedTest
    @CsvSource({
        "10.0.0.0/8,      10.255.0.1,       true",
        "10.0.0.0/8,      11.0.0.1,         false",
        "172.16.0.0/12,   172.31.255.255,   true",
        "172.16.0.0/12,   172.32.0.0,       false",
        "0.0.0.0/0,       255.1.2.3,        true",
        "192.0.2.1/32,    192.0.2.1,        true",
        "192.0.2.1/32,    192.0.2.2,        false",
        "2000::/3,        2001:db8::1,      true",
        "2000::/3,        3fff::1,          true",
        "2000::/3,        fd00::1,          false",
        "2000::/3,        ff02::1,          false",
        "fd00::/8,        ff02::1,          false",
        "fe80::/10,       febf::1,          true",
        "64:ff9b::/96,    64:ff9b::a00:1,   true",
        "10.0.0.0/8,      ::ffff:10.0.0.1,  true",
        "::/0,            10.0.0.1,         false",
    })
    void address_is_in_a_network_by_its_first_bits(String network, String address, boolean contained) {
        assertThat(IpNetwork.parse(network).orElseThrow().contains(InetAddress.ofLiteral(address)))
                .isEqualTo(contained);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"10.0.0.0", "10.0.0.0/33", "10.0.0/8", "::/129", "localhost/8", "ten/8", "1.2.3.4/-1", "/8"})
    void what_is_no_network_is_none(String text) {
        assertThat(IpNetwork.parse(text)).isEmpty();
    }
}
