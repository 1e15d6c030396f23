package io.keylapse.notice.webhook.signing;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SecretBoxTest {
    private static final String FIRST =
            Base64.getEncoder().encodeToString("first key first key first key 12".getBytes(US_ASCII));
    private static final String SECOND =
            Base64.getEncoder().encodeToString("second key second key second key".getBytes(US_ASCII));
    private static final byte[] SECRET = "a secret".getBytes(US_ASCII);
    private static final byte[] OWNER = "wh_1".getBytes(US_ASCII);

    @Test
    void what_was_sealed_is_opened_again_and_is_not_readable_meanwhile() {
        SecretBox box = box(FIRST);
        byte[] sealed = box.seal(SECRET, OWNER);
        assertThat(box.open(sealed, OWNER)).isEqualTo(SECRET);
        assertThat(new String(sealed, US_ASCII)).doesNotContain("secret");
        assertThat(box.seal(SECRET, OWNER)).isNotEqualTo(sealed);
    }

    @Test
    void key_may_be_replaced_as_long_as_the_former_one_is_named() {
        byte[] sealed = box(FIRST).seal(SECRET, OWNER);
        assertThat(box(SECOND, FIRST).open(sealed, OWNER)).isEqualTo(SECRET);
        assertThat(box(SECOND).open(sealed, OWNER)).isNull();
    }

    @Test
    void what_was_changed_or_belongs_to_another_is_not_opened() {
        SecretBox box = box(FIRST);
        byte[] sealed = box.seal(SECRET, OWNER);
        assertThat(box.open(sealed, "wh_2".getBytes(US_ASCII))).isNull();
        sealed[sealed.length - 1] ^= 1;
        assertThat(box.open(sealed, OWNER)).isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"short", "not base 64!", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5"})
    void key_that_is_none_is_refused_by_the_name_of_the_setting_and_not_shown(String key) {
        assertThatThrownBy(() -> box(key))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("KEYLAPSE_ENCRYPTION_KEY")
                .hasMessageNotContaining(key);
    }

    @Test
    void without_a_key_nothing_can_be_sealed() {
        assertThat(new SecretBox(new EncryptionSettings(null, null)).canSeal()).isFalse();
        assertThat(box(FIRST).canSeal()).isTrue();
    }

    private static SecretBox box(String key, String... former) {
        return new SecretBox(new EncryptionSettings(key, List.of(former)));
    }
}
