package io.keylapse.registry.sql;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A piece of SQL and its parameters, which stay together while a query is put together from what was asked for. A
 * condition on a value that was not given is left out rather than written as {@code x IS NULL OR ...}, so that each
 * combination of filters gets a plan of its own.
 */
public record SqlText(String sql, List<Object> parameters) {
    public SqlText {
        parameters = List.copyOf(parameters);
    }

    /** A piece of SQL with as many parameters as it has question marks. */
    public static SqlText of(String sql, Object... parameters) {
        return new SqlText(sql, List.of(parameters));
    }

    /** A clause of the conditions joined by AND, without those that are null. */
    public static SqlText where(@Nullable SqlText... conditions) {
        SqlText all = and(conditions);
        return all == null ? of("") : all.prefixed(" WHERE ");
    }

    /** The conditions joined by AND, without those that are null; null when all are. */
    public static @Nullable SqlText and(@Nullable SqlText... conditions) {
        List<SqlText> given = Stream.of(conditions)
                .filter(c -> c != null)
                .map(SqlText.class::cast)
                .toList();
        return given.isEmpty() ? null : join(" AND ", given);
    }

    /** A condition, or none when the value is null. */
    public static @Nullable SqlText when(@Nullable Object value, String condition) {
        return value == null ? null : of(condition, value);
    }

    /**
     * The condition that the first column of an index equals a word, or none when the word is null, for a query that is
     * ordered by all columns of that index. To the planner a plain {@code =} makes the column a constant, by which nothing
     * needs to be ordered; then it may take another index, whose order is right too, and look through many rows for the few
     * that were asked for, because it believes them to be spread evenly. Old keys are the expired ones, so they are not.
     *
     * <p>The columns behind the first must be compared by a plain {@code =}: before version 17, Postgres cannot read an
     * index in order when a column behind its first is compared to an array.
     */
    public static @Nullable SqlText led(String column, @Nullable String word) {
        return word == null ? null : of(column + " = ANY (?)", (Object) new String[] {word});
    }

    /** Several pieces as one. */
    public static SqlText join(String separator, List<SqlText> pieces) {
        var all = new ArrayList<>();
        pieces.forEach(piece -> all.addAll(piece.parameters));
        return new SqlText(pieces.stream().map(SqlText::sql).collect(Collectors.joining(separator)), all);
    }

    /** This piece behind a text. */
    public SqlText prefixed(String text) {
        return new SqlText(text + sql, parameters);
    }

    /** This piece followed by another. */
    public SqlText plus(SqlText next) {
        return join("", List.of(this, next));
    }

    /** This piece followed by text with parameters. */
    public SqlText plus(String text, Object... more) {
        return plus(of(text, more));
    }
}
