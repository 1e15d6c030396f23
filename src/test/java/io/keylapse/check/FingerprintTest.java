package io.keylapse.check;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.keylapse.key.KeyFormat;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FingerprintTest {
    /** Fingerprints of the bytes 0, 1, 2 ... with the key 00 01 .. 0f, computed with OpenSSL's SIPHASH. */
    @ParameterizedTest
    @CsvSource({
        "0, a3817f04ba25a8e66df67214c7550293",
        "1, da87c1d86b99af44347659119b22fc45",
        "7, a1f1ebbed8dbc153c0b84aa61ff08239",
        "8, 3b62a9ba6258f5610f83e264f31497b4",
        "15, 5493e99933b0a8117e08ec0f97cfc3d9",
        "40, df6a301e95c95dad97ae0cc8c6913bd8",
        "53, 92c814227a6bca949ff0659f002ad39e"
    })
    void is_siphash_2_4_with_128_bits(int length, String expected) {
        var bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) i;
        }

        Fingerprint found =
                new Fingerprint.Taker(0x0706050403020100L, 0x0f0e0d0c0b0a0908L).of(new String(bytes, ISO_8859_1));

        assertThat(found).hasToString(expected);
    }

    @Test
    void every_character_counts() {
        var taker = Fingerprint.Taker.withRandomKey();
        String key = new KeyFormat("kl", List.of()).generate().reveal();
        Set<Fingerprint> found = new HashSet<>();
        found.add(taker.of(key));
        for (int i = 0; i < key.length(); i++) {
            found.add(taker.of(key.substring(0, i) + '-' + key.substring(i + 1)));
        }

        assertThat(found).hasSize(key.length() + 1);
    }

    @Test
    void no_character_from_elsewhere_makes_a_text_a_key() {
        var taker = Fingerprint.Taker.withRandomKey();
        String key = new KeyFormat("kl", List.of()).generate().reveal();
        // Truncated to eight bits, this would be the same letter.
        String other = (char) (key.charAt(0) + 0x100) + key.substring(1);

        assertThat(taker.of(other)).isNotEqualTo(taker.of(key));
    }

    @Test
    void two_processes_take_different_ones() {
        assertThat(Fingerprint.Taker.withRandomKey().of("text"))
                .isNotEqualTo(Fingerprint.Taker.withRandomKey().of("text"));
    }
}
