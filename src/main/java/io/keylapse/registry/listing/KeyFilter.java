package io.keylapse.registry.listing;

import io.keylapse.key.KeyState;
import io.keylapse.key.input.InvalidInputException;
import io.keylapse.registry.sql.SqlText;
import io.keylapse.registry.usage.UsageTable;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A filter of keys; null for no restriction. The state is the state now, whether or not the ending is recorded.
 *
 * @param name prefix of the name
 * @param hint the whole hint, as shown
 * @param expiresFrom only active keys with a deadline at or after it
 * @param expiresTo only active keys with a deadline before it
 * @param unlimited only active keys without a deadline
 * @param scope only keys with this scope
 * @param unusedSince only active keys that were issued by then, and not used since then as far as is known
 * @param usedAfterEnd only ended keys that were refused afterwards
 * @param sort the order of lists of these keys; null for the usual one
 */
public record KeyFilter(
        @Nullable String owner,
        @Nullable KeyState state,
        @Nullable KeySearch search,
        @Nullable String name,
        @Nullable String hint,
        @Nullable Instant expiresFrom,
        @Nullable Instant expiresTo,
        boolean unlimited,
        @Nullable String scope,
        @Nullable Instant unusedSince,
        boolean usedAfterEnd,
        @Nullable KeySort sort) {
    /** All keys. */
    public static final KeyFilter ALL =
            new KeyFilter(null, null, null, null, null, null, null, false, null, null, false, null);

    /** The greatest character. Appended to a prefix, it gives the upper bound of all names with that prefix. */
    private static final String GREATEST = new String(Character.toChars(Character.MAX_CODE_POINT));

    public KeyFilter {
        boolean deadline = hasRange(expiresFrom, expiresTo);
        if ((deadline || unlimited) && state != null && state != KeyState.ACTIVE) {
            throw new InvalidInputException(
                    "state", "must be active or absent with expiresFrom, expiresTo or unlimited");
        }
        if (deadline && unlimited) {
            throw new InvalidInputException("unlimited", "cannot be combined with a range of deadlines");
        }
        if (expiresFrom != null && expiresTo != null && expiresFrom.isAfter(expiresTo)) {
            throw new InvalidInputException("expiresFrom", "must not be after expiresTo");
        }
        if (unusedSince != null && state != null && state != KeyState.ACTIVE) {
            throw new InvalidInputException("state", "must be active or absent with unusedSince");
        }
        if (usedAfterEnd && (deadline || unlimited || unusedSince != null || state == KeyState.ACTIVE)) {
            throw new InvalidInputException("usedAfterEnd", "cannot be combined with filters that select active keys");
        }
        if (sort != null && (unlimited || name != null || hint != null)) {
            throw new InvalidInputException("sort", "cannot be combined with unlimited, name or hint");
        }
        if (sort != null && sort.isByDeadline() && !deadline && state != KeyState.ACTIVE) {
            throw new InvalidInputException(
                    "sort", "can be expiresAt or -expiresAt only with state=active or a range of deadlines");
        }
        if (sort != null && !sort.isByDeadline() && deadline) {
            throw new InvalidInputException("sort", "must be expiresAt or -expiresAt with a range of deadlines");
        }
    }

    private static boolean hasRange(@Nullable Instant expiresFrom, @Nullable Instant expiresTo) {
        return expiresFrom != null || expiresTo != null;
    }

    /** Whether only keys with a deadline in a range are selected. */
    boolean hasRange() {
        return hasRange(expiresFrom, expiresTo);
    }

    /** How a list is ordered, which decides the index that it is read from. */
    enum Order {
        /** At most one key. */
        EXACT,
        /** By name. */
        NAME,
        /** By deadline: see {@link DeadlineOrder}. */
        DEADLINE,
        /** By issue. */
        ISSUE
    }

    /** Whether a list is in descending order: by issue unless asked otherwise, and keys without a deadline. */
    boolean isDescending() {
        return sort == null ? !hasRange() : sort.isDescending();
    }

    Order order() {
        if (search != null && search.isExact()) {
            return Order.EXACT;
        }
        if (hasRange() || unlimited || (sort != null && sort.isByDeadline())) {
            return Order.DEADLINE;
        }
        return name != null || hint != null ? Order.NAME : Order.ISSUE;
    }

    /** The conditions that no order has an index for. They filter what the index finds. */
    @Nullable
    SqlText rest() {
        return SqlText.and(
                search == null ? null : search.condition(),
                order() == Order.NAME ? null : named(),
                SqlText.when(scope, "scopes @> ARRAY[?]::text[]"),
                unusedSince == null ? null : UsageTable.isUnusedSince(unusedSince),
                usedAfterEnd ? UsageTable.isUsedAfterItsEnd() : null);
    }

    /** Prefix of the name, and hint. */
    @Nullable
    SqlText named() {
        return SqlText.and(
                SqlText.when(hint, "hint = ?"),
                name == null
                        ? null
                        : SqlText.of("name COLLATE \"C\" >= ? AND name COLLATE \"C\" < ?", name, name + GREATEST));
    }

    /** All conditions. */
    @Nullable
    SqlText all() {
        return SqlText.and(
                SqlText.when(owner, "owner = ?"),
                inState(),
                SqlText.when(expiresFrom, "expires_at >= ?"),
                SqlText.when(expiresTo, "expires_at < ?"),
                unlimited ? SqlText.of("expires_at IS NULL") : null,
                order() == Order.NAME ? named() : null,
                rest());
    }

    /** The parameter that makes a list read more rows than it returns; null if none does. */
    @Nullable
    String reading() {
        return switch (order()) {
            case EXACT -> null;
            case NAME -> owner == null && state == null && rest() == null ? null : name == null ? "hint" : "name";
            case DEADLINE, ISSUE ->
                search != null
                        ? "q"
                        : unusedSince != null
                                ? "unusedSince"
                                : usedAfterEnd
                                        ? "usedAfterEnd"
                                        : scope != null
                                                ? "scope"
                                                : name != null ? "name" : hint != null ? "hint" : null;
        };
    }

    /** The condition that a key is in this state now, whether or not that is recorded. */
    @Nullable
    SqlText inState() {
        KeyState wanted = hasRange() || unlimited || order() == Order.DEADLINE ? KeyState.ACTIVE : state;
        return wanted == null
                ? null
                : switch (wanted) {
                    case ACTIVE -> SqlText.of("state = 'active' AND (expires_at IS NULL OR expires_at > now())");
                    case REVOKED -> SqlText.of("state = 'revoked'");
                    case EXPIRED, ROTATED ->
                        SqlText.of(
                                "(state = ? OR (state = 'active' AND expires_at <= now() AND end_reason = ?))",
                                wanted.word(),
                                wanted.word());
                };
    }
}
