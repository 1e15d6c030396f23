package io.keylapse.http.management.selection;

import io.keylapse.http.management.Query;
import io.keylapse.key.KeyFormat;
import io.keylapse.key.KeyState;
import io.keylapse.key.input.InvalidInputException;
import io.keylapse.key.input.Rfc3339;
import io.keylapse.registry.listing.KeyFilter;
import io.keylapse.registry.listing.KeySearch;
import io.keylapse.registry.listing.KeySort;
import io.keylapse.registry.usage.RecorderTable;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads the filter of a list of keys, from a query or from the filter of a change of many. */
@Singleton
final class KeyFilters {
    static final Set<String> NAMES = Set.of(
            "owner",
            "state",
            "q",
            "name",
            "hint",
            "expiresBefore",
            "expiresFrom",
            "expiresTo",
            "unlimited",
            "scope",
            "unusedSince",
            "usedAfterEnd");

    private final KeyFormat format;
    private final RecorderTable recorders;

    KeyFilters(KeyFormat format, RecorderTable recorders) {
        this.format = format;
        this.recorders = recorders;
    }

    /** @throws InvalidInputException naming the parameter that is wrong */
    KeyFilter read(Query query) {
        Instant before = query.instant("expiresBefore");
        Instant to = query.instant("expiresTo");
        if (before != null && to != null) {
            throw new InvalidInputException("expiresBefore", "must not be given together with expiresTo");
        }
        String search = text(query, "q");
        return new KeyFilter(
                query.owner(),
                query.parsed("state", KeyState::parse, "must be active, expired, revoked or rotated"),
                search == null || search.isBlank() ? null : KeySearch.parse(search, format),
                text(query, "name"),
                text(query, "hint"),
                query.instant("expiresFrom"),
                to == null ? before : to,
                query.parsed("unlimited", KeyFilters::onlyTrue, "must be true, or absent") != null,
                text(query, "scope"),
                known(query.instant("unusedSince")),
                query.parsed("usedAfterEnd", KeyFilters::onlyTrue, "must be true, or absent") != null,
                query.parsed("sort", KeySort::parse, "must be issuedAt, -issuedAt, expiresAt or -expiresAt"));
    }

    /** Refuses an instant before which uses are not known: keys that were used would seem unused. */
    private @Nullable Instant known(@Nullable Instant unusedSince) {
        if (unusedSince == null) {
            return null;
        }
        Instant knownSince = recorders
                .knownSince()
                .orElseThrow(() -> new InvalidInputException("unusedSince", "cannot be used: uses are not recorded"));
        if (unusedSince.isBefore(knownSince)) {
            throw new InvalidInputException(
                    "unusedSince", "must not be before " + Rfc3339.format(knownSince) + ": earlier uses are unknown");
        }
        return unusedSince;
    }

    private static @Nullable String text(Query query, String name) {
        return query.parsed(name, Optional::of, "");
    }

    private static Optional<Boolean> onlyTrue(String text) {
        return text.equals("true") ? Optional.of(true) : Optional.empty();
    }
}
