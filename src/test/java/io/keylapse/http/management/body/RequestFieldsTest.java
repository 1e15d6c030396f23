package io.keylapse.http.management.body;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.keylapse.key.input.InvalidInputException;
import io.keylapse.key.input.InvalidInputException.Violation;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What each form of a field accepts, and the error that names the field otherwise. */
class RequestFieldsTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @Test
    void durations_and_instants_are_read_from_their_iso_forms() {
        assertThat(RequestFields.duration("ttl", "P1DT2H")).isEqualTo(Duration.ofHours(26));
        assertThat(RequestFields.instant("expiresAt", "2030-01-31T12:00:00+01:00"))
                .isEqualTo(Instant.parse("2030-01-31T11:00:00Z"));
    }

    @Test
    void other_texts_are_refused_with_an_example_of_the_form() {
        assertInvalid(
                () -> RequestFields.duration("grace", "1 day"),
                "grace",
                "must be an ISO 8601 duration in days and time such as P30D or PT15M");
        assertInvalid(
                () -> RequestFields.instant("expiresAt", "2030-01-31"),
                "expiresAt",
                "must be an RFC 3339 instant such as 2030-01-31T12:00:00Z");
    }

    @Test
    void strings_are_kept_once_each_in_the_order_given() throws Exception {
        assertThat(RequestFields.distinctTexts("scopes", json("[\"b\", \"a\", \"b\", \"\"]")))
                .containsExactly("b", "a", "");
        assertThat(RequestFields.distinctTexts("scopes", json("[]"))).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"null", "{}", "\"a\"", "5", "true"})
    void what_is_no_array_is_refused_as_a_whole(String json) {
        assertInvalid(() -> RequestFields.distinctTexts("scopes", json(json)), "scopes", "must be an array of strings");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    ["a", null]   | scopes[1]
                    [5, "a", []]  | scopes[0]
                    ["a", ["b"]]  | scopes[1]
                    ["a", "b", {}]| scopes[2]
                    """)
    void the_first_element_that_is_not_a_string_is_named(String json, String field) {
        assertInvalid(() -> RequestFields.distinctTexts("scopes", json(json)), field, "must be a string");
    }

    /** A caller that corrects its errors one by one goes from left to right. */
    @Test
    void elements_are_read_in_order_each_to_its_end() {
        assertInvalid(
                () -> RequestFields.list(
                        "leadTimes",
                        json("[\"P1D\", \"soon\", 5]"),
                        "durations",
                        (field, time) -> RequestFields.duration(field, RequestFields.text(field, time))),
                "leadTimes[1]",
                "must be an ISO 8601 duration in days and time such as P30D or PT15M");
    }

    @Test
    void a_bounded_list_may_have_one_to_max_elements() throws Exception {
        assertThat(bounded("[\"a\"]")).containsExactly("a");
        assertThat(bounded("[\"b\", \"a\"]")).containsExactly("b", "a");
    }

    @ParameterizedTest
    @ValueSource(strings = {"[]", "[\"a\", \"b\", \"c\"]", "null", "{}", "{\"a\":1}", "\"a\"", "5"})
    void a_bounded_list_of_another_length_or_none_is_refused(String json) {
        assertInvalid(() -> bounded(json), "keys", "must be an array of 1 to 2 strings");
    }

    @Test
    void a_bounded_list_is_required() {
        assertInvalid(
                () -> RequestFields.boundedList("keys", null, 2, "strings", RequestFields::text),
                "keys",
                "must be an array of 1 to 2 strings");
    }

    private static List<String> bounded(String json) throws JsonProcessingException {
        return RequestFields.boundedList("keys", json(json), 2, "strings", RequestFields::text);
    }

    private static JsonNode json(String text) throws JsonProcessingException {
        return JSON.readTree(text);
    }

    private static void assertInvalid(ThrowingCallable call, String field, String message) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        InvalidInputException.class,
                        refused -> assertThat(refused.violations()).containsExactly(new Violation(field, message)));
    }
}
