package io.keylapse.blacklist;

import io.keylapse.registry.BlacklistEntry;
import io.keylapse.registry.sql.SqlText;
import java.util.List;

/**
 * Where a page of the blacklist ends: at a number of rows, or when they are large earlier, at a number of characters.
 *
 * @param rows most rows
 * @param characters after which no further row is read; what all rows have in common counts as {@value #FIXED} each
 */
public record PageSize(int rows, int characters) {
    private static final int FIXED = 200;

    /** A page of that many rows, whatever is in them. */
    public static PageSize ofRows(int rows) {
        return new PageSize(rows, Integer.MAX_VALUE);
    }

    /** Whether there may be more behind these rows. */
    public boolean isReachedBy(List<BlacklistEntry> found) {
        return found.size() >= rows || isHeavy(found);
    }

    boolean isHeavy(List<BlacklistEntry> found) {
        return characters < Integer.MAX_VALUE && weight(found) >= characters;
    }

    /** What is left when these rows are on the page. */
    PageSize without(List<BlacklistEntry> found) {
        return new PageSize(
                rows - found.size(),
                characters == Integer.MAX_VALUE ? characters : Math.toIntExact(characters - weight(found)));
    }

    /** The first of the rows of this query, as many as fit on the page. */
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

    /** As Postgres counts. */
    private static int length(String text) {
        return text.codePointCount(0, text.length());
    }
}
