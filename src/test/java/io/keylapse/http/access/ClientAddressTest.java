package io.keylapse.http.access;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ClientAddressTest {
    @ParameterizedTest
    @CsvSource({
        "203.0.113.5, 203.0.113.5",
        "203.0.113.5:40000, 203.0.113.5",
        "203.0.113.5:1, 203.0.113.5",
        "2001:db8::1, 2001:db8::1",
        "2001:db8::1:4000, 2001:db8::1:4000",
        "[2001:db8::1], 2001:db8::1",
        "[2001:db8::1]:40000, 2001:db8::1",
        "[::ffff:203.0.113.5]:40000, 203.0.113.5",
        "[fe80::1%eth0]:40000, fe80::1"
    })
    void hop_is_read_with_a_port_and_without(String hop, String address) throws Exception {
        assertThat(ClientAddress.parse(hop)).isEqualTo(InetAddress.getByName(address));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "unknown",
                "unknown:40000",
                "_hidden",
                "example.org:40000",
                "203.0.113.5:",
                "203.0.113.5:x",
                "203.0.113.5:400000",
                "203.0.113.5:4:5",
                "203.0.113.256:40000",
                "203.0.113.5 40000",
                "2001:db8::1:40000",
                "[2001:db8::1",
                "[2001:db8::1]x",
                "[2001:db8::1]:",
                "[2001:db8::1]:x",
                "[[2001:db8::1]]:40000",
                "[]:40000",
                ":40000",
                "<script>"
            })
    void hop_that_is_no_address_is_none(String hop) {
        assertThat(ClientAddress.parse(hop)).isNull();
    }
}
