package io.keylapse.http.management.selection;

import com.fasterxml.jackson.databind.JsonNode;
import io.keylapse.http.management.Query;
import io.keylapse.http.management.selection.BulkJson.Result;
import io.keylapse.http.management.selection.BulkJson.Side;
import io.keylapse.http.management.selection.BulkRequests.Selected;
import io.keylapse.key.KeyId;
import io.keylapse.key.input.InvalidInputException;
import io.keylapse.lifecycle.ChangeOutcome;
import io.keylapse.registry.KeyRecord;
import io.keylapse.registry.KeyTable;
import io.keylapse.registry.KeyTerm;
import io.keylapse.registry.listing.KeyFilter;
import io.keylapse.registry.listing.KeyListing;
import io.keylapse.registry.listing.KeySearch;
import io.keylapse.registry.sql.PostgresFailure;
import io.keylapse.registry.sql.page.Cursor;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Changes all keys of a selection, each in a transaction of its own, as if each were changed alone. A call ends after
 * {@value BulkRequests#MAX_KEYS} keys or {@link #MAX_TIME}; its {@code next} continues. A key that was issued after the first
 * call is in none of them, and a change does not move a key in the order of the calls.
 */
@Singleton
final class BulkChange {
    private static final Duration MAX_TIME = Duration.ofSeconds(10);

    /** Hints of all keys have their prefix and some punctuation in common. */
    private static final int MIN_LETTERS = 3;

    private static final String BY_POSITION = "n";
    private static final String BY_ISSUE = "s";

    private final KeyTable keys;
    private final KeyListing listing;
    private final KeyFilters filters;

    BulkChange(KeyTable keys, KeyListing listing, KeyFilters filters) {
        this.keys = keys;
        this.listing = listing;
        this.filters = filters;
    }

    /** A change of one key. */
    interface Change {
        /** What it would make of the key; empty if the key has ended and the change is refused. */
        Optional<KeyTerm> preview(KeyRecord key);

        ChangeOutcome apply(KeyId key);
    }

    /** One key of the selection: its id, the key if it exists, and the cursor of a call that continues after it. */
    private record Item(KeyId id, @Nullable KeyRecord key, Cursor behind) {}

    /** The keys of this call, in order, and whether there are more. */
    private record Batch(long matched, List<Item> items, boolean more) {}

    /**
     * Changes the keys of this call.
     *
     * @throws InvalidInputException naming the field, if the selection is invalid; then nothing was changed
     */
    BulkJson run(Selected request, Change change) {
        Batch batch = batch(request);
        boolean dryRun = request.isDryRun();
        var results = new ArrayList<Result>();
        long begun = System.nanoTime();
        @Nullable Cursor reached = null;
        for (Item item : batch.items) {
            if (reached != null && System.nanoTime() - begun > MAX_TIME.toNanos()) {
                return new BulkJson(batch.matched, results, reached.toString());
            }
            try {
                results.add(result(item, dryRun, change));
            } catch (RuntimeException e) {
                // What was done is reported. The next call meets the same failure, if it lasts.
                if (reached != null && PostgresFailure.isPassing(e)) {
                    return new BulkJson(batch.matched, results, reached.toString());
                }
                throw e;
            }
            reached = item.behind;
        }
        return new BulkJson(
                batch.matched,
                results,
                batch.more ? Objects.requireNonNull(reached).toString() : null);
    }

    private Batch batch(Selected request) {
        List<KeyId> ids = request.keyIds();
        @Nullable Cursor start = request.start();
        return ids == null ? filtered(Objects.requireNonNull(request.filter()), start) : listed(ids, start);
    }

    private Batch listed(List<KeyId> ids, @Nullable Cursor start) {
        int from = start == null
                ? 0
                : Math.toIntExact(Math.clamp(start.expecting(BY_POSITION, 1).number(0), 0, ids.size()));
        List<KeyId> left = ids.subList(from, ids.size());
        Map<KeyId, KeyRecord> found =
                keys.findAll(left).stream().collect(Collectors.toMap(KeyRecord::id, Function.identity()));
        var items = new ArrayList<Item>();
        for (int i = 0; i < left.size(); i++) {
            items.add(new Item(left.get(i), found.get(left.get(i)), Cursor.of(BY_POSITION, from + i + 1)));
        }
        return new Batch(found.size(), items, false);
    }

    private Batch filtered(JsonNode object, @Nullable Cursor start) {
        KeyFilter filter = filters.read(Query.ofObject("filter", object, KeyFilters.NAMES));
        if (filter.equals(KeyFilter.ALL)) {
            throw new InvalidInputException("filter", "must have at least one field, so that not all keys are changed");
        }
        if (filter.search() instanceof KeySearch.ByPart(String part) && letters(part) < MIN_LETTERS) {
            throw new InvalidInputException(
                    "filter.q", "must have at least 3 letters or digits, so that not all keys are changed");
        }
        @Nullable
        KeyId before =
                start == null ? null : new KeyId(start.expecting(BY_ISSUE, 1).uuid(0));
        List<KeyRecord> found = listing.newestFirst(filter, before, BulkRequests.MAX_KEYS + 1);
        boolean more = found.size() > BulkRequests.MAX_KEYS;
        List<Item> items = found.stream()
                .limit(BulkRequests.MAX_KEYS)
                .map(key -> new Item(key.id(), key, Cursor.of(BY_ISSUE, key.id().value())))
                .toList();
        return new Batch(more ? listing.count(filter, before) : found.size(), items, more);
    }

    private static long letters(String text) {
        return text.codePoints().filter(Character::isLetterOrDigit).count();
    }

    private static Result result(Item item, boolean dryRun, Change change) {
        KeyRecord key = item.key;
        if (key == null) {
            return Result.unknown(item.id);
        }
        if (dryRun) {
            return change.preview(key)
                    .map(after -> changed(key, after))
                    .orElseGet(() -> Result.of(key, BulkJson.REFUSED, "KEY_ENDED", null));
        }
        try {
            return switch (change.apply(item.id)) {
                case ChangeOutcome.Done done -> changed(key, done.key().term());
                case ChangeOutcome.NotFound _ -> Result.unknown(item.id);
                case ChangeOutcome.Ended _ -> Result.of(key, BulkJson.REFUSED, "KEY_ENDED", null);
                case ChangeOutcome other -> throw new IllegalStateException("not an outcome of a change: " + other);
            };
        } catch (InvalidInputException e) {
            // The deadline passed during the call.
            return Result.of(key, BulkJson.REFUSED, "INVALID_REQUEST", null);
        }
    }

    private static Result changed(KeyRecord before, KeyTerm after) {
        return Result.of(
                before,
                after.version() == before.term().version() ? BulkJson.UNCHANGED : BulkJson.DONE,
                null,
                Side.of(after, before.readAt()));
    }
}
