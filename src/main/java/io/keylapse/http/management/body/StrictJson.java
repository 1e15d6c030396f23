package io.keylapse.http.management.body;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.StreamReadException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.type.LogicalType;
import io.keylapse.key.input.InvalidInputException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collection;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Strict JSON. Unknown and repeated fields and values of the wrong type are errors that name the field; nothing is silently
 * dropped or converted.
 */
public final class StrictJson {
    private static final String BODY = "body";

    private static final JsonMapper MAPPER = strict();

    private StrictJson() {}

    /**
     * A body as a record.
     *
     * @throws InvalidInputException if it is not JSON in UTF-8, or does not fit the record
     */
    public static <T> T parse(byte[] body, Class<T> type) {
        if (body.length == 0) {
            throw new InvalidInputException(BODY, "must be a JSON object, but is empty");
        }
        return understand(BODY, () -> {
            String text = UTF_8.newDecoder().decode(ByteBuffer.wrap(body)).toString();
            return MAPPER.readValue(text, type);
        });
    }

    /**
     * A part of a body as a record.
     *
     * @param field the name of the part in errors
     * @throws InvalidInputException if it does not fit the record
     */
    public static <T> T convert(String field, JsonNode part, Class<T> type) {
        return understand(field, () -> MAPPER.treeToValue(part, type));
    }

    private interface Reading<T> {
        @Nullable
        T read() throws CharacterCodingException, JsonProcessingException;
    }

    private static <T> T understand(String whole, Reading<T> reading) {
        try {
            @Nullable T value = reading.read();
            if (value == null) {
                throw new InvalidInputException(whole, "must be a JSON object, not null");
            }
            return value;
        } catch (CharacterCodingException e) {
            throw new InvalidInputException(whole, "must be UTF-8");
        } catch (UnrecognizedPropertyException e) {
            throw new InvalidInputException(pathOf(whole, e), "is not a known field");
        } catch (JsonMappingException e) {
            throw new InvalidInputException(pathOf(whole, e), complaint(e));
        } catch (JsonProcessingException e) {
            throw new InvalidInputException(whole, "must be well-formed JSON" + positionOf(e));
        }
    }

    /** JSON as compact text. */
    public static String write(JsonNode json) {
        try {
            return MAPPER.writeValueAsString(json);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** SHA-256 of an operation and its body, independent of how the JSON was formatted. */
    public static byte[] hash(String operation, Object request) {
        try {
            // A tree of maps, because only their entries can be sorted.
            Object tree = MAPPER.convertValue(request, Object.class);
            String canonical = operation + " " + MAPPER.writeValueAsString(tree);
            return MessageDigest.getInstance("SHA-256").digest(canonical.getBytes(UTF_8));
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    private static JsonMapper strict() {
        var mapper = JsonMapper.builder()
                .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
                .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
                .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
                .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
                .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
                .build();
        for (var shape : new CoercionInputShape[] {
            CoercionInputShape.Integer, CoercionInputShape.Float, CoercionInputShape.Boolean
        }) {
            mapper.coercionConfigFor(LogicalType.Textual).setCoercion(shape, CoercionAction.Fail);
        }
        return mapper;
    }

    /** The position of a syntax error. A broken limit, such as that on the length of names, has none. */
    private static String positionOf(JsonProcessingException e) {
        @Nullable JsonLocation place = e.getLocation();
        return place == null ? "" : ": error in line " + place.getLineNr() + ", column " + place.getColumnNr();
    }

    private static String pathOf(String whole, JsonMappingException e) {
        String path = e.getPath().stream()
                .map(step -> step.getFieldName() == null ? "[" + step.getIndex() + "]" : "." + step.getFieldName())
                .collect(Collectors.joining());
        return path.isEmpty() ? whole : path.substring(path.startsWith(".") ? 1 : 0);
    }

    private static String complaint(JsonMappingException e) {
        return switch (e) {
            case JsonMappingException within
            when within.getCause() instanceof StreamReadException malformed ->
                "must be well-formed JSON" + positionOf(malformed);
            case MismatchedInputException mismatch -> "must be " + describe(mismatch.getTargetType());
            default -> "is invalid";
        };
    }

    private static String describe(@Nullable Class<?> type) {
        if (type == String.class) {
            return "a string";
        }
        if (type != null && Collection.class.isAssignableFrom(type)) {
            return "an array of strings";
        }
        return "a JSON object";
    }
}
