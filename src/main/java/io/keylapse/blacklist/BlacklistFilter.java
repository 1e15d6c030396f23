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
 * Which entries; what is null does not matter.
 *
 * @param from the earliest {@code endedAt}
 * @param to the first {@code endedAt} that is too late
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

    /** The columns that an index has in front of those of the order, with a comma behind each. */
    String leading(String direction) {
        if (keyId != null) {
            return "";
        }
        return (owner == null ? "" : "owner" + direction + ", ") + "reason" + direction + ", ";
    }

    /** The same without the latest instant. */
    BlacklistFilter withoutTo() {
        return new BlacklistFilter(owner, keyId, reason, from, null);
    }

    /** Conditions on when an entry ended, or none; what is behind the column is also behind what it is compared to. */
    @Nullable
    SqlText range(String suffix) {
        return SqlText.and(
                SqlText.when(from, "ended_at" + suffix + " >= ?" + suffix),
                SqlText.when(to, "ended_at" + suffix + " < ?" + suffix));
    }

    /**
     * A condition for each index scan that together find the entries of this owner, key and reason: one for a single key,
     * else one per reason.
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
