package io.keylapse.notice.webhook.address;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AllowedUrlsTest {
    private final AllowedUrls strict = urls(new WebhookSettings(List.of("443", "8443"), false, List.of()));

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://10.0.0.1/",
                "https://192.168.1.1/",
                "https://172.16.0.1/",
                "https://169.254.169.254/latest/meta-data/",
                "https://100.64.0.1/",
                "https://127.0.0.1/",
                "https://0.0.0.0/",
                "https://[::1]/",
                "https://[fd00::1]/",
                "https://[fe80::1]/",
                "https://[fe80::1%25eth0]/",
                "https://[2606:4700::1111%25eth0]/",
                "https://[::ffff:10.0.0.1]/",
                "https://[64:ff9b::a00:1]/",
                "https://[64:ff9b:1::a00:1]/",
                "https://[2002:a00:1::]/",
                "https://224.0.0.1/",
                "https://１２７.0.0.1/",
                "https://127\u30020\u30020\u30021/",
                "https://127.1/",
                "https://2130706433/",
                "https://0x7f.0.0.1/",
                "https://0x7f000001/",
                "https://017700000001/",
                "https://a.1/",
                "https://１２７.1/",
                "http://example.com/",
                "http://bücher.example/",
                "https://example.com:22/",
                "https://bücher.example:22/",
                "https://bücher.example:x/",
                "https://user:secret@example.com/",
                "https://user@bücher.example/",
                "https://example.com/#part",
                "https://bücher.example/#part",
                "ftp://example.com/",
                "https:///path",
                "https:example.com",
                "https://my_host.example/",
                "https://-bücher.example/",
                "https://b%C3%BCcher.example/",
                "https://faß.example/",
                "https://βόλος.example/",
                "https://na\u200Dme.example/",
                "https://na\u00ADme.example/",
                "https://\uD83D\uDCA9.example/",
                "https://example.com/a\u200B",
                "https://example.com/\u202Eofni",
                "https://example.com/\uD800",
                "example.com",
                ""
            })
    void url_that_must_not_be_called_is_refused(String url) {
        assertThat(strict.complaint(URI.create(url))).isPresent();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://example.com",
                "HTTPS://EXAMPLE.COM/",
                "https://example.com:8443/a?b=c",
                "https://example.com./",
                "https://bücher.example/hook",
                "https://BÜCHER.example:8443/hook",
                "https://xn--bcher-kva.example/",
                "https://xn--fa-hia.example/",
                "https://例え.example/",
                "https://example.com/ünï?q=\uD83D\uDE00",
                "https://1.1.1.1/",
                "https://[2606:4700::1111]/"
            })
    void url_that_may_be_called_is_not(String url) {
        assertThat(strict.complaint(URI.create(url))).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "HTTPS://bücher.example:8443/ü?ü, https://xn--bcher-kva.example:8443/%C3%BC?%C3%BC",
        "https://bücher.example, https://xn--bcher-kva.example",
        "https://bücher.example:/, https://xn--bcher-kva.example:/",
        "https://bücher.example./, https://xn--bcher-kva.example./",
        "https://xn--fa-hia.example/#ü, https://xn--fa-hia.example/",
        "https://user:secret@example.com/, https://example.com/"
    })
    void url_has_one_form_in_which_it_is_judged_and_called(String url, String called) {
        assertThat(AsciiUrl.of(URI.create(url))).contains(URI.create(called));
    }

    @ParameterizedTest
    @CsvSource({"2000, true", "2040, false", "220, true", "250, false"})
    void length_is_that_of_what_is_sent(int characters, boolean fits) {
        String path = (characters < 1000 ? "€" : "x").repeat(characters);
        assertThat(strict.complaint(URI.create("https://example.com/" + path)).isEmpty())
                .isEqualTo(fits);
    }

    private static AllowedUrls urls(WebhookSettings settings) {
        return new AllowedUrls(new AllowedAddresses(settings), settings);
    }
}
