package io.keylapse.http.management.selection;

import io.keylapse.http.access.audience.Needs;
import io.keylapse.http.management.KeyJson;
import io.keylapse.http.management.Paging;
import io.keylapse.http.management.Query;
import io.keylapse.http.management.stream.ExportFormat;
import io.keylapse.http.management.stream.ExportedList;
import io.keylapse.http.management.stream.Exports;
import io.keylapse.key.input.Rfc3339;
import io.keylapse.registry.KeyRecord;
import io.keylapse.registry.listing.DeadlineStatistics;
import io.keylapse.registry.listing.KeyFilter;
import io.keylapse.registry.listing.KeyListing;
import io.keylapse.registry.sql.page.Cursor;
import io.keylapse.registry.sql.page.Page;
import io.keylapse.registry.usage.UsageTable;
import io.keylapse.registry.usage.UsageTable.Usages;
import io.keylapse.security.management.Permission;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Produces;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The list of keys, as pages and exports, and how many expire when. */
@Controller("/v1/keys")
@ExecuteOn(TaskExecutors.BLOCKING)
@Needs(Permission.READ_KEYS)
final class KeyListController {
    /** The page that an export reads and holds at a time: 100 KB to 4 MB of text. */
    private static final int EXPORTED = Page.MAX_ITEMS;

    private final KeyListing listing;
    private final DeadlineStatistics deadlines;
    private final KeyFilters filters;
    private final UsageTable usage;
    private final Exports exports;

    KeyListController(
            KeyListing listing, DeadlineStatistics deadlines, KeyFilters filters, UsageTable usage, Exports exports) {
        this.listing = listing;
        this.deadlines = deadlines;
        this.filters = filters;
        this.usage = usage;
        this.exports = exports;
    }

    @Get
    @Produces(MediaType.ALL)
    HttpResponse<?> list(HttpRequest<?> request) {
        Set<String> known = new HashSet<>(KeyFilters.NAMES);
        known.add("sort");
        known.add("cursor");
        known.add("limit");
        var query = new Query(request, known);
        KeyFilter filter = filters.read(query);
        @Nullable Cursor cursor = query.cursor();
        int limit = query.limit();
        ExportFormat format = ExportFormat.accepted(request);
        return format == ExportFormat.JSON
                ? Paging.respond(request, page(filter, cursor, limit)).contentType(MediaType.APPLICATION_JSON_TYPE)
                : exports.answer(
                        request,
                        ExportedList.KEYS,
                        format,
                        KeyColumns.COLUMNS,
                        cursor,
                        at -> page(filter, at, EXPORTED));
    }

    record Buckets(List<BucketJson> buckets) {}

    /** A number of keys, which is an estimate unless {@code exact} is true. */
    record BucketJson(String start, long keys, boolean exact) {
        static BucketJson of(DeadlineStatistics.Bucket bucket) {
            return new BucketJson(
                    Rfc3339.format(bucket.start()),
                    bucket.keys().keys(),
                    bucket.keys().exact());
        }
    }

    @Get("/stats")
    Buckets stats(HttpRequest<?> request) {
        var query = new Query(request, Set.of("bucket", "from", "to", "owner"));
        return new Buckets(
                deadlines.count(query.bucket(), query.instant("from"), query.instant("to"), query.owner()).stream()
                        .map(BucketJson::of)
                        .toList());
    }

    private Page<KeyJson> page(KeyFilter filter, @Nullable Cursor cursor, int limit) {
        Page<KeyRecord> page = listing.page(filter, cursor, limit);
        Usages used = usage.of(page.items().stream().map(KeyRecord::id).toList());
        return page.map(key -> KeyJson.of(key, used));
    }
}
