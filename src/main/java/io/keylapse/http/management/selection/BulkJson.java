package io.keylapse.http.management.selection;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.keylapse.key.KeyId;
import io.keylapse.key.input.Rfc3339;
import io.keylapse.registry.KeyRecord;
import io.keylapse.registry.KeyTerm;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The response to a change of many keys. Null fields are absent.
 *
 * @param matched how many keys the selection has from here on, including those of this call
 * @param next the cursor of the next call; null if this was the last
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record BulkJson(
        long matched, List<Result> results, @Nullable String next) {
    static final String DONE = "done";
    static final String UNCHANGED = "unchanged";
    static final String REFUSED = "refused";

    /** What became of one key, or would become of it. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Result(
            String id,
            String outcome,
            @Nullable String code,
            @Nullable String owner,
            @Nullable String name,
            @Nullable String hint,
            @Nullable Side before,
            @Nullable Side after) {

        static Result of(KeyRecord before, String outcome, @Nullable String code, @Nullable Side after) {
            return new Result(
                    before.id().toString(),
                    outcome,
                    code,
                    before.owner(),
                    before.details().name(),
                    before.hint(),
                    Side.of(before.term(), before.readAt()),
                    after);
        }

        static Result unknown(KeyId id) {
            return new Result(id.toString(), REFUSED, "NOT_FOUND", null, null, null, null, null);
        }
    }

    /** State and deadline of a key, before or after the change. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Side(
            String state,
            @Nullable String expiresAt,
            @Nullable String endedAt) {
        static Side of(KeyTerm term, Instant now) {
            return new Side(
                    term.stateAt(now).word(),
                    Rfc3339.formatNullable(term.expiresAt()),
                    Rfc3339.formatNullable(term.endedAt(now)));
        }
    }
}
