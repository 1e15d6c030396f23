package io.keylapse.registry.sql.page;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.keylapse.key.input.InvalidInputException;
import io.keylapse.key.input.InvalidInputException.Violation;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CursorTest {
    private static final Instant INSTANT = Instant.parse("2027-01-01T00:00:00.123456Z");
    private static final UUID ID = UUID.fromString("0190163d-8694-739b-8a5a-4f0c6d2b1e3f");

    @Test
    void what_a_page_ended_with_is_read_back() {
        Cursor cursor = Cursor.parse(
                Cursor.of("keys", INSTANT, ID, 7, Long.MAX_VALUE, "").toString());
        assertThat(cursor.expecting("keys", 5)).isSameAs(cursor);
        assertThat(cursor.order()).isEqualTo("keys");
        assertThat(cursor.instant(0)).isEqualTo(INSTANT);
        assertThat(cursor.uuid(1)).isEqualTo(ID);
        assertThat(cursor.version(2)).isEqualTo(7);
        assertThat(cursor.number(3)).isEqualTo(Long.MAX_VALUE);
        assertThat(cursor.values().get(4)).isEmpty();
    }

    @Test
    void its_text_needs_no_encoding_in_a_url() {
        assertThat(Cursor.of("keys", "\u00ff\u00fe?>~~").toString()).matches("[A-Za-z0-9_-]+");
    }

    @Test
    void a_cursor_of_another_list_or_length_is_refused() {
        Cursor cursor = Cursor.of("keys", 1, 2);
        assertRefused(() -> cursor.expecting("blacklist", 2));
        assertRefused(() -> cursor.expecting("keys", 1));
        assertRefused(() -> cursor.expecting("keys", 3));
    }

    @ParameterizedTest
    @ValueSource(strings = {"*", "a", "a b", "ä", "=", "a2V5c34x="})
    void a_text_that_is_no_base64_is_refused(String text) {
        assertRefused(() -> Cursor.parse(text));
    }

    @Test
    void a_text_without_values_is_a_cursor_of_none() {
        assertThat(Cursor.parse("").values()).isEmpty();
        assertThat(Cursor.parse(encoded("keys"))).isEqualTo(new Cursor("keys", List.of()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "x",
                "2027-01-01",
                "0000-12-31T23:59:59.999Z",
                "+10000-01-01T00:00:00Z",
                "9999-12-31T23:59:59.9991Z"
            })
    void a_value_that_is_no_instant_of_the_years_1_to_9999_is_refused(String value) {
        Cursor cursor = Cursor.parse(encoded("keys~" + value));
        assertRefused(() -> cursor.instant(0));
    }

    @ParameterizedTest
    @ValueSource(strings = {"0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999Z"})
    void the_first_and_the_last_instant_that_a_row_may_have_are_read(String value) {
        assertThat(Cursor.of("keys", value).instant(0)).isEqualTo(value);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "x", "1-1-1-1-1", "0190163D-8694-739B-8A5A-4F0C6D2B1E3F"})
    void a_value_that_is_no_id_as_we_write_it_is_refused(String value) {
        assertRefused(() -> Cursor.of("keys", value).uuid(0));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "x", "1.0", "2147483648"})
    void a_value_that_is_no_version_is_refused(String value) {
        assertRefused(() -> Cursor.of("keys", value).version(0));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "x", "1.0", "9223372036854775808"})
    void a_value_that_is_no_number_is_refused(String value) {
        assertRefused(() -> Cursor.of("keys", value).number(0));
    }

    private static String encoded(String plain) {
        return Base64.getUrlEncoder().encodeToString(plain.getBytes(UTF_8));
    }

    private static void assertRefused(ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        InvalidInputException.class,
                        refused -> assertThat(refused.violations())
                                .containsExactly(
                                        new Violation("cursor", "must be a value of next from a page of this list")));
    }
}
