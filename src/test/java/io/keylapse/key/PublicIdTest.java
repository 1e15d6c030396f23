package io.keylapse.key;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.UUID;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PublicIdTest {
    @Test
    void id_is_the_prefix_and_the_number_in_22_digits_of_base_62() {
        assertThat(new KeyId(UUID.fromString("0190163d-8694-739b-8a5a-4f0c6d2b1e3f")))
                .hasToString("key_02wq5mOzTzO7EaMOhlw6UZ");
        assertThat(new KeyId(new UUID(-1, -1))).hasToString("key_7n42DGM5Tflk9n8mt7Fhc7");
        assertThat(ManagementKeyId.ENVIRONMENT).hasToString("mgmt_0000000000000000000000");
    }

    @Test
    void every_id_is_read_back() {
        RandomGenerator random = RandomGenerator.of("L64X128MixRandom");
        for (int i = 0; i < 1000; i++) {
            var value = new UUID(random.nextLong(), random.nextLong() >>> random.nextInt(64));
            assertThat(KeyId.parse(new KeyId(value).toString())).contains(new KeyId(value));
            assertThat(ManagementKeyId.parse(new ManagementKeyId(value).toString()))
                    .contains(new ManagementKeyId(value));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "key_",
                "02wq5mOzTzO7EaMOhlw6UZ",
                "key_02wq5mOzTzO7EaMOhlw6U",
                "key_02wq5mOzTzO7EaMOhlw6UZ0",
                "KEY_02wq5mOzTzO7EaMOhlw6UZ",
                "mgmt_02wq5mOzTzO7EaMOhlw6UZ",
                "key_02wq5mOzTzO7EaMOhlw6U-",
                "key_-2wq5mOzTzO7EaMOhlw6UZ",
                "key_7n42DGM5Tflk9n8mt7Fhc8",
                "key_zzzzzzzzzzzzzzzzzzzzzz"
            })
    void other_texts_are_no_ids(String text) {
        assertThat(KeyId.parse(text)).isEmpty();
    }

    @Test
    void ids_sort_by_the_millisecond_of_issue_as_text_too() {
        Instant start = Instant.parse("2026-01-01T00:00:00Z");
        for (int i = 0; i < 1000; i++) {
            KeyId earlier = KeyId.generate(start.plusMillis(i));
            KeyId later = KeyId.generate(start.plusMillis(i + 1));
            assertThat(earlier.toString()).isLessThan(later.toString());
        }
    }

    @Test
    void new_id_is_a_uuid_of_version_7_that_is_never_the_same() {
        Instant now = Instant.parse("2026-01-01T00:00:00.123Z");

        KeyId id = KeyId.generate(now);

        assertThat(id.value().version()).isEqualTo(7);
        assertThat(id.value().variant()).isEqualTo(2);
        assertThat(id.value().getMostSignificantBits() >>> 16).isEqualTo(now.toEpochMilli());
        assertThat(KeyId.generate(now)).isNotEqualTo(id);
    }
}
