package io.keylapse.registry.sql;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * SQL fragment with its parameters, for queries that are built from optional filters. A condition without a value is left
 * out instead of written as {@code x IS NULL OR ...}, so that each combination of filters gets its own plan.
 */
public record SqlText(String sql, List<Object> parameters) {
    public SqlText {
        parameters = List.copyOf(parameters);
    }

    /** A fragment with one parameter for each question mark. */
    public static SqlText of(String sql, Object... parameters) {
        return new SqlText(sql, List.of(parameters));
    }

    /** A WHERE clause of the conditions that are not null, joined by AND; an empty fragment if all are null. */
    public static SqlText where(@Nullable SqlText... conditions) {
        SqlText all = and(conditions);
        return all == null ? of("") : all.prefixed(" WHERE ");
    }

    /** The conditions that are not null, joined by AND; null if all are null. */
    public static @Nullable SqlText and(@Nullable SqlText... conditions) {
        List<SqlText> given = Stream.of(conditions)
                .filter(c -> c != null)
                .map(SqlText.class::cast)
                .toList();
        return given.isEmpty() ? null : join(" AND ", given);
    }

    /** A condition on this value; null if the value is null. */
    public static @Nullable SqlText when(@Nullable Object value, String condition) {
        return value == null ? null : of(condition, value);
    }

    /**
     * The condition that the first column of an index equals a word, for a query that is ordered by all columns of that
     * index; null if the word is null. It is written as {@code = ANY}. A plain {@code =} would make the column a constant
     * to the planner and drop it from the sort order. The planner could then choose another index with a matching order, and
     * read many rows for a few matches, because it assumes that matches are spread evenly. They are not: old keys are the
     * expired ones.
     *
     * <p>Compare the later columns of the index by a plain {@code =}. Before version 17, Postgres cannot read an index in
     * order if a later column is compared to an array.
     */
    public static @Nullable SqlText led(String column, @Nullable String word) {
        return word == null ? null : of(column + " = ANY (?)", (Object) new String[] {word});
    }

    /** Several fragments joined into one. */
    public static SqlText join(String separator, List<SqlText> pieces) {
        var all = new ArrayList<>();
        pieces.forEach(piece -> all.addAll(piece.parameters));
        return new SqlText(pieces.stream().map(SqlText::sql).collect(Collectors.joining(separator)), all);
    }

    /** This fragment after a text. */
    public SqlText prefixed(String text) {
        return new SqlText(text + sql, parameters);
    }

    /** This fragment followed by another. */
    public SqlText plus(SqlText next) {
        return join("", List.of(this, next));
    }

    /** This fragment followed by text with parameters. */
    public SqlText plus(String text, Object... more) {
        return plus(of(text, more));
    }
}
