package io.keylapse.registry.sql.page;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.keylapse.key.input.InvalidInputException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.UUID;

/**
 * Keyset cursor: the sort values of the last row of a page. The next page starts there in an index; no rows are skipped by
 * counting. Its text form is opaque to clients, but not secret.
 *
 * @param order identifies the list and its sort order
 * @param values the sort values, as many as the sort order has columns
 */
public record Cursor(String order, List<String> values) {
    private static final String SEPARATOR = "~";

    public Cursor {
        values = List.copyOf(values);
    }

    /** A cursor with these values, which are instants, ids or numbers. */
    public static Cursor of(String order, Object... values) {
        var texts = new ArrayList<String>();
        for (Object value : values) {
            texts.add(value.toString());
        }
        return new Cursor(order, texts);
    }

    /**
     * Parses the text form.
     *
     * @throws InvalidInputException naming {@code cursor}, if the text is not a cursor
     */
    public static Cursor parse(String text) {
        try {
            var parts = List.of(new String(Base64.getUrlDecoder().decode(text), UTF_8).split(SEPARATOR, -1));
            return new Cursor(parts.getFirst(), parts.subList(1, parts.size()));
        } catch (IllegalArgumentException e) {
            throw invalid();
        }
    }

    /**
     * This cursor, if it belongs to that order and has that many values.
     *
     * @throws InvalidInputException naming {@code cursor}, if it does not
     */
    public Cursor expecting(String expectedOrder, int count) {
        if (!order.equals(expectedOrder) || values.size() != count) {
            throw invalid();
        }
        return this;
    }

    /** The value at that index as an instant. */
    public Instant instant(int index) {
        try {
            Instant instant = Instant.parse(values.get(index));
            if (instant.isBefore(Instant.parse("0001-01-01T00:00:00Z"))
                    || instant.isAfter(Instant.parse("9999-12-31T23:59:59.999Z"))) {
                throw invalid();
            }
            return instant;
        } catch (DateTimeException e) {
            throw invalid();
        }
    }

    /** The value at that index as an id. */
    public UUID uuid(int index) {
        try {
            UUID uuid = UUID.fromString(values.get(index));
            // UUID.fromString also accepts shortened forms.
            if (!uuid.toString().equals(values.get(index))) {
                throw invalid();
            }
            return uuid;
        } catch (IllegalArgumentException e) {
            throw invalid();
        }
    }

    /** The value at that index as the version of a key. */
    public int version(int index) {
        try {
            return Integer.parseInt(values.get(index));
        } catch (NumberFormatException e) {
            throw invalid();
        }
    }

    /** The value at that index as a number. */
    public long number(int index) {
        try {
            return Long.parseLong(values.get(index));
        } catch (NumberFormatException e) {
            throw invalid();
        }
    }

    /** The text form, which clients send back. */
    @Override
    public String toString() {
        String plain = order + SEPARATOR + String.join(SEPARATOR, values);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(plain.getBytes(UTF_8));
    }

    private static InvalidInputException invalid() {
        return new InvalidInputException("cursor", "must be a value of next from a page of this list");
    }
}
