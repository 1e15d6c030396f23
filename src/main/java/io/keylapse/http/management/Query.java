package io.keylapse.http.management;

import com.fasterxml.jackson.databind.JsonNode;
import io.keylapse.http.RequestTarget;
import io.keylapse.key.KeyId;
import io.keylapse.key.input.InvalidInputException;
import io.keylapse.key.input.PlainText;
import io.keylapse.key.input.Rfc3339;
import io.keylapse.lifecycle.rules.KeyRules;
import io.keylapse.registry.TimeBucket;
import io.keylapse.registry.sql.page.Cursor;
import io.keylapse.registry.sql.page.Page;
import io.micronaut.http.HttpRequest;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The query parameters of a list request. Unknown parameters are refused, because a misspelled filter would otherwise return
 * too much. An empty value counts as absent.
 */
public final class Query {
    private static final int DEFAULT_LIMIT = 50;
    private static final Pattern NUMBER = Pattern.compile("[0-9]{1,9}");

    private final Map<String, List<String>> parameters;

    /** @throws InvalidInputException if the query has a parameter that is not known, or one twice */
    public Query(HttpRequest<?> request, Set<String> known) {
        this(RequestTarget.of(request).parameters(), known);
    }

    /**
     * The fields of a JSON object, read in the same way. An empty value is refused, because as a filter it would select
     * everything.
     *
     * @param field the name of the object in errors
     * @throws InvalidInputException if it is not an object of strings, or has a field that is not known
     */
    public static Query ofObject(String field, JsonNode object, Set<String> known) {
        if (!object.isObject()) {
            throw new InvalidInputException(field, "must be a JSON object");
        }
        var parameters = new HashMap<String, List<String>>();
        for (Map.Entry<String, JsonNode> each : object.properties()) {
            JsonNode value = each.getValue();
            if (!value.isBoolean() && (!value.isTextual() || value.textValue().isBlank())) {
                throw new InvalidInputException(each.getKey(), "must be a string that is not empty");
            }
            parameters.put(each.getKey(), List.of(value.asText()));
        }
        return new Query(parameters, known);
    }

    private Query(Map<String, List<String>> parameters, Set<String> known) {
        this.parameters = parameters;
        var violations = new InvalidInputException.Collector();
        parameters.forEach((name, values) -> {
            if (!known.contains(name)) {
                violations.add(name, "is not a known parameter");
            } else if (values.size() > 1) {
                violations.add(name, "must be given once");
            }
        });
        violations.throwIfAny();
    }

    /** The parameter {@code owner}; null if absent, as for the parameters below. */
    public @Nullable String owner() {
        String owner = text("owner");
        if (owner != null) {
            KeyRules.checkStoredOwner(owner);
        }
        return owner;
    }

    /** The parameter {@code keyId}. */
    public @Nullable KeyId keyId() {
        return parsed("keyId", KeyId::parse, "must be a key id such as key_0Bq8ZsYp5QwX3nKdTm7RfL");
    }

    /** A parameter that is an instant. */
    public @Nullable Instant instant(String name) {
        return parsed(name, Rfc3339::parse, "must be an RFC 3339 instant such as 2030-01-31T12:00:00Z");
    }

    /** The parameter {@code bucket}; by default a day. */
    public TimeBucket bucket() {
        TimeBucket bucket = parsed("bucket", TimeBucket::parse, "must be hour, day or week");
        return bucket == null ? TimeBucket.DAY : bucket;
    }

    /** The parameter {@code cursor}. */
    public @Nullable Cursor cursor() {
        String text = text("cursor");
        return text == null ? null : Cursor.parse(text);
    }

    /** The parameter {@code limit}, or the default. */
    public int limit() {
        Integer limit = parsed("limit", Query::number, "must be a number from 1 to " + Page.MAX_ITEMS);
        return limit == null ? DEFAULT_LIMIT : limit;
    }

    /**
     * The parsed value; null if absent.
     *
     * @param rule the message for a value that the parser refuses
     */
    public <T> @Nullable T parsed(String name, Function<String, Optional<T>> parser, String rule) {
        String text = text(name);
        return text == null ? null : parser.apply(text).orElseThrow(() -> new InvalidInputException(name, rule));
    }

    private @Nullable String text(String name) {
        List<String> values = parameters.getOrDefault(name, List.of());
        if (values.isEmpty() || values.getFirst().isEmpty()) {
            return null;
        }
        PlainText.complaint(values.getFirst(), Integer.MAX_VALUE).ifPresent(complaint -> {
            throw new InvalidInputException(name, complaint);
        });
        return values.getFirst();
    }

    private static Optional<Integer> number(String text) {
        return NUMBER.matcher(text).matches()
                ? Optional.of(Integer.valueOf(text)).filter(number -> number >= 1 && number <= Page.MAX_ITEMS)
                : Optional.empty();
    }
}
