package io.keylapse.http.management.selection;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.keylapse.http.management.stream.ExportColumns;
import io.keylapse.http.management.stream.ExportColumns.Column;
import io.keylapse.key.input.Rfc3339;
import io.keylapse.notice.Notice;
import io.keylapse.registry.listing.OwnerListing;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The owner object of the API. Null fields are absent.
 *
 * @param exact false if a number is a lower bound, because counting stopped there
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record OwnerJson(
        String owner,
        Keys keys,
        boolean exact,
        @Nullable String nextExpiry,
        @Nullable LastNotice lastNotice) {
    /** The columns of an export. */
    static final ExportColumns<OwnerJson> COLUMNS = new ExportColumns<>(List.of(
            new Column<>("owner", OwnerJson::owner),
            new Column<>("active", owner -> String.valueOf(owner.keys().active())),
            new Column<>("exact", owner -> String.valueOf(owner.exact())),
            new Column<>("nextExpiry", OwnerJson::nextExpiry)));

    /** Numbers of keys by state. Lists have only {@code active}. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Keys(
            int active,
            @Nullable Integer expired,
            @Nullable Integer revoked,
            @Nullable Integer rotated) {}

    /** The latest notice about any of the owner's keys. */
    record LastNotice(String id, String type, String keyId, String writtenAt) {
        static LastNotice of(Notice notice) {
            return new LastNotice(
                    notice.id().toString(),
                    notice.kind().type(),
                    notice.keyId().toString(),
                    Rfc3339.format(notice.writtenAt()));
        }
    }

    static OwnerJson listed(OwnerListing.Owner owner) {
        int max = OwnerListing.COUNTED_IN_LISTS;
        return new OwnerJson(
                owner.name(),
                new Keys(Math.min(owner.active(), max), null, null, null),
                owner.active() <= max,
                Rfc3339.formatNullable(owner.nextExpiry()),
                null);
    }

    static OwnerJson of(OwnerListing.Summary owner, @Nullable Notice last) {
        int max = OwnerListing.COUNTED;
        return new OwnerJson(
                owner.name(),
                new Keys(
                        Math.min(owner.active(), max),
                        Math.min(owner.expired(), max),
                        Math.min(owner.revoked(), max),
                        Math.min(owner.rotated(), max)),
                IntStream.of(owner.active(), owner.expired(), owner.revoked(), owner.rotated())
                        .allMatch(count -> count <= max),
                Rfc3339.formatNullable(owner.nextExpiry()),
                last == null ? null : LastNotice.of(last));
    }
}
