package io.keylapse.http.management;

import com.fasterxml.jackson.databind.JsonNode;
import io.keylapse.http.management.body.StrictJson;
import io.keylapse.key.input.InvalidInputException;
import io.keylapse.key.input.PlainText;
import java.math.BigDecimal;
import java.util.Map;
import java.util.Optional;

/**
 * Validation of {@code metadata}, which is stored unchanged and returned to all readers. Many JSON parsers cannot read deep
 * nesting, and a number such as {@code 1e2147483647} makes some of them run out of memory.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc8259#section-6">RFC 8259, sections 6 and 9: limits of readers</a>
 */
final class Metadata {
    private static final String FIELD = "metadata";
    private static final int MAX_DEPTH = 32;
    private static final int MAX_DIGITS = 100;
    /** Numbers with an exponent up to this, positive or negative, fit into a double. */
    private static final int MAX_EXPONENT = 307;

    private Metadata() {}

    /**
     * The object as compact JSON.
     *
     * @throws InvalidInputException for the field {@code metadata}, if it is not an object or breaks a rule
     */
    static String write(JsonNode metadata) {
        if (!metadata.isObject()) {
            throw new InvalidInputException(FIELD, "must be a JSON object");
        }
        complaint(metadata, 0).ifPresent(complaint -> {
            throw new InvalidInputException(FIELD, complaint);
        });
        return StrictJson.write(metadata);
    }

    private static Optional<String> complaint(JsonNode node, int depth) {
        if (node.isTextual()) {
            return PlainText.complaint(node.textValue(), Integer.MAX_VALUE);
        }
        if (node.isNumber()) {
            return isModest(node.decimalValue())
                    ? Optional.empty()
                    : Optional.of("must not contain numbers with more than " + MAX_DIGITS
                            + " digits or an exponent beyond " + MAX_EXPONENT);
        }
        if (node.isContainerNode() && depth == MAX_DEPTH) {
            return Optional.of("must not be nested deeper than " + MAX_DEPTH + " levels");
        }
        for (Map.Entry<String, JsonNode> field : node.properties()) {
            Optional<String> complaint = PlainText.complaint(field.getKey(), Integer.MAX_VALUE)
                    .or(() -> complaint(field.getValue(), depth + 1));
            if (complaint.isPresent()) {
                return complaint;
            }
        }
        if (node.isArray()) {
            for (JsonNode element : node) {
                Optional<String> complaint = complaint(element, depth + 1);
                if (complaint.isPresent()) {
                    return complaint;
                }
            }
        }
        return Optional.empty();
    }

    /** The exponent belongs to the first digit, as in {@code 1.5E+3}. It is a long because a scale may be any int. */
    private static boolean isModest(BigDecimal number) {
        long exponent = (long) number.precision() - number.scale() - 1;
        return number.precision() <= MAX_DIGITS && Math.abs(exponent) <= MAX_EXPONENT;
    }
}
