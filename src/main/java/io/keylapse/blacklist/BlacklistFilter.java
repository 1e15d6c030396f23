package io.keylapse.blacklist;

import io.keylapse.key.KeyId;
import io.keylapse.key.KeyState;
import io.keylapse.key.input.InvalidInputException;
import io.keylapse.registry.sql.SqlText;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Filter for blacklist entries. Null components match everything.
 *
 * @param from lower bound of {@code endedAt}, inclusive
 * @param to upper bound of {@code endedAt}, exclusive
 */
public record BlacklistFilter(
        @Nullable String owner,
        @Nullable KeyId keyId,
        @Nullable KeyState reason,
        @Nullable Instant from,
        @Nullable Instant to) {
    private static final List<KeyState> REASONS = List.of(KeyState.EXPIRED, KeyState.REVOKED, KeyState.ROTATED);

    public BlacklistFilter {
        if (reason == KeyState.ACTIVE) {
            throw new InvalidInputException("reason", "must be expired, revoked or rotated");
        }
        if (from != null && to != null && from.isAfter(to)) {
            throw new InvalidInputException("from", "must not be after to");
        }
    }

    /** The index columns before those of the sort order, each followed by a comma. */
    String leading(String direction) {
        if (keyId != null) {
            return "";
        }
        return (owner == null ? "" : "owner" + direction + ", ") + "reason" + direction + ", ";
    }

    /** This filter without the upper bound. */
    BlacklistFilter withoutTo() {
        return new BlacklistFilter(owner, keyId, reason, from, null);
    }

    /**
     * Condition on {@code ended_at}; null if there are no bounds. The suffix is added to the column and to the parameters.
     */
    @Nullable
    SqlText range(String suffix) {
        return SqlText.and(
                SqlText.when(from, "ended_at" + suffix + " >= ?" + suffix),
                SqlText.when(to, "ended_at" + suffix + " < ?" + suffix));
    }

    /**
     * Conditions of the index scans that together find the entries of this owner, key and reason: one scan for a single key,
     * otherwise one for each reason.
     */
    Stream<SqlText> scans(@Nullable SqlText furtherCondition) {
        if (keyId != null) {
            return Stream.of(scan(reason, furtherCondition));
        }
        return (reason == null ? REASONS.stream() : Stream.of(reason)).map(each -> scan(each, furtherCondition));
    }

    private SqlText scan(@Nullable KeyState ofReason, @Nullable SqlText furtherCondition) {
        String word = ofReason == null ? null : ofReason.word();
        return SqlText.where(
                SqlText.when(keyId == null ? null : keyId.value(), "key_id = ?"),
                SqlText.led("owner", owner),
                owner == null ? SqlText.led("reason", word) : SqlText.when(word, "reason = ?"),
                furtherCondition);
    }
}
