package io.keylapse.key;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

class ApiKeyTest {
    private static final String TEXT = "kl_0123456789ABCDEFGHIJKLMNOPQRST1tpXnt";

    private final ApiKey key = new KeyFormat("kl", List.of()).parse(TEXT).orElseThrow();

    @Test
    void text_is_shown_only_when_asked_for() {
        assertThat(key.reveal()).isEqualTo(TEXT);
        assertThat(key).hasToString("ApiKey[REDACTED]");
        assertThat(List.of(key).toString() + key.hint()).doesNotContain("456789ABCDEFGHIJKLMNOPQRST");
    }

    @Test
    void hint_is_the_prefix_and_four_characters_from_each_end() {
        assertThat(key.hint()).isEqualTo("kl_0123...pXnt");
    }

    @Test
    void digest_is_sha_256_of_the_text_and_its_first_half_the_name() {
        String sha256 = "e2cf6be8e186b1c5ec2822f57c8da4238425b08bfb4dfd495f29df4800efbed6";

        assertThat(key.digest()).isEqualTo(new KeyDigest(HexFormat.of().parseHex(sha256)));
        assertThat(key.digest().name()).hasToString(sha256.substring(0, 32));
    }

    @Test
    void keys_are_equal_when_their_texts_are() {
        var format = new KeyFormat("kl", List.of());

        assertThat(format.parse(TEXT)).contains(key);
        assertThat(format.parse(TEXT).orElseThrow()).hasSameHashCodeAs(key);
        assertThat(key).isNotEqualTo(format.generate()).isNotEqualTo(TEXT);
    }
}
