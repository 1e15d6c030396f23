package io.keylapse.registry.sql.page;

import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * One page of an ordered list.
 *
 * @param next the cursor of the next page; empty on the last page
 */
public record Page<T>(List<T> items, Optional<Cursor> next) {
    /** Maximum number of items on a page. */
    public static final int MAX_ITEMS = 500;

    /** The last page, without items. */
    public static <T> Page<T> empty() {
        return new Page<>(List.of(), Optional.empty());
    }

    /** A page of up to {@code limit} items, from the result of a query with the limit {@code limit + 1}. */
    public static <T> Page<T> of(List<T> oneMore, int limit, Function<T, Cursor> after) {
        return oneMore.size() <= limit
                ? new Page<>(oneMore, Optional.empty())
                : new Page<>(oneMore.subList(0, limit), Optional.of(after.apply(oneMore.get(limit - 1))));
    }

    /** The same page with other items in place of these. */
    public <R> Page<R> map(Function<T, R> toItem) {
        return new Page<>(items.stream().map(toItem).toList(), next);
    }
}
