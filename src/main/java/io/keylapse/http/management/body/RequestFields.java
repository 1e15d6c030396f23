package io.keylapse.http.management.body;

import com.fasterxml.jackson.databind.JsonNode;
import io.keylapse.key.input.InvalidInputException;
import io.keylapse.key.input.IsoDuration;
import io.keylapse.key.input.Rfc3339;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * Readers for single fields of a request. Each takes the name of the field, and throws an {@link InvalidInputException} with
 * that name if the value does not have the form. Elements of arrays are named by their index, such as {@code scopes[1]}.
 */
public final class RequestFields {
    private RequestFields() {}

    /** A duration such as {@code P30D}. */
    public static Duration duration(String field, String text) {
        return IsoDuration.parse(text)
                .orElseThrow(() -> new InvalidInputException(
                        field, "must be an ISO 8601 duration in days and time such as P30D or PT15M"));
    }

    /** An instant such as {@code 2030-01-31T12:00:00Z}. */
    public static Instant instant(String field, String text) {
        return Rfc3339.parse(text)
                .orElseThrow(() ->
                        new InvalidInputException(field, "must be an RFC 3339 instant such as 2030-01-31T12:00:00Z"));
    }

    /** A JSON string. */
    public static String text(String field, JsonNode value) {
        if (!value.isTextual()) {
            throw new InvalidInputException(field, "must be a string");
        }
        return value.textValue();
    }

    /** The strings of an array without duplicates, in the order given. */
    public static List<String> distinctTexts(String field, JsonNode array) {
        return List.copyOf(new LinkedHashSet<>(list(field, array, "strings", RequestFields::text)));
    }

    /**
     * An array of any length, read element by element.
     *
     * @param kind what it is an array of, for the error
     * @param element reads an element; its first argument is the element's name in errors
     */
    public static <T> List<T> list(String field, JsonNode array, String kind, BiFunction<String, JsonNode, T> element) {
        if (!array.isArray()) {
            throw new InvalidInputException(field, "must be an array of " + kind);
        }
        var read = new ArrayList<T>(array.size());
        for (int i = 0; i < array.size(); i++) {
            read.add(element.apply(field + "[" + i + "]", array.get(i)));
        }
        return read;
    }

    /** A required array of 1 to {@code max} elements, read element by element. */
    public static <T> List<T> boundedList(
            String field, @Nullable JsonNode array, int max, String kind, BiFunction<String, JsonNode, T> element) {
        String bounded = "1 to " + max + " " + kind;
        if (array == null || array.isEmpty() || array.size() > max) {
            throw new InvalidInputException(field, "must be an array of " + bounded);
        }
        return list(field, array, bounded, element);
    }
}
