package io.keylapse.blacklist;

import io.keylapse.registry.ending.BlacklistEntry;
import io.keylapse.registry.sql.SqlText;
import java.util.List;

/**
 * Limit of a page of the blacklist: a number of rows, and a number of characters for large rows.
 *
 * @param rows maximum number of rows
 * @param characters no further row is read once this is reached; the fields of fixed size count as {@value #FIXED} per row
 */
public record PageSize(int rows, int characters) {
    private static final int FIXED = 200;

    /** A page limited only by its number of rows. */
    public static PageSize ofRows(int rows) {
        return new PageSize(rows, Integer.MAX_VALUE);
    }

    /** Whether these rows fill the page, so that there may be more. */
    public boolean isReachedBy(List<BlacklistEntry> found) {
        return found.size() >= rows || isHeavy(found);
    }

    boolean isHeavy(List<BlacklistEntry> found) {
        return characters < Integer.MAX_VALUE && weight(found) >= characters;
    }

    /** The space that is left after these rows. */
    PageSize without(List<BlacklistEntry> found) {
        return new PageSize(
                rows - found.size(),
                characters == Integer.MAX_VALUE ? characters : Math.toIntExact(characters - weight(found)));
    }

    /** Limits a query to the rows that fit on the page. */
    SqlText cut(SqlText query, String order) {
        return characters == Integer.MAX_VALUE
                ? query
                : SqlText.of("SELECT * FROM (SELECT rows.*, sum(" + FIXED + " + char_length(owner) + char_length(name)"
                                + " + coalesce(char_length(detail), 0)) OVER (ORDER BY " + order
                                + " ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before FROM (")
                        .plus(query)
                        .plus(") rows) weighed WHERE coalesce(before, 0) < ? ORDER BY " + order, characters);
    }

    private static long weight(List<BlacklistEntry> found) {
        long weight = 0;
        for (BlacklistEntry entry : found) {
            weight += FIXED + length(entry.owner()) + length(entry.name());
            weight += entry.detail() == null ? 0 : length(entry.detail());
        }
        return weight;
    }

    /** Length in code points, as {@code char_length} in Postgres. */
    private static int length(String text) {
        return text.codePointCount(0, text.length());
    }
}
