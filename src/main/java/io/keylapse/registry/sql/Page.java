package io.keylapse.registry.sql;

import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * Some rows in order, and where to go on.
 *
 * @param next where the next page starts; empty on the last
 */
public record Page<T>(List<T> items, Optional<Cursor> next) {
    /** Most items on a page. */
    public static final int MOST = 500;

    /** Makes a page of up to {@code limit} items of a query that asked for one more. */
    public static <T> Page<T> of(List<T> oneMore, int limit, Function<T, Cursor> after) {
        return oneMore.size() <= limit
                ? new Page<>(oneMore, Optional.empty())
                : new Page<>(oneMore.subList(0, limit), Optional.of(after.apply(oneMore.get(limit - 1))));
    }
}
