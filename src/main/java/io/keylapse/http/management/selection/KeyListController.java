package io.keylapse.http.management.selection;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.keylapse.http.access.audience.Needs;
import io.keylapse.http.management.KeyJson;
import io.keylapse.http.management.Paging;
import io.keylapse.http.management.Query;
import io.keylapse.http.management.stream.ExportFormat;
import io.keylapse.http.management.stream.Exports;
import io.keylapse.registry.KeyRecord;
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

/** The list of keys, as pages and exports. */
@Controller("/v1/keys")
@ExecuteOn(TaskExecutors.BLOCKING)
@Needs(Permission.READ_KEYS)
final class KeyListController {
    /** The page that an export reads and holds at a time: 100 KB to 4 MB of text. */
    private static final int EXPORTED = Page.MAX_ITEMS;

    private final KeyListing listing;
    private final KeyFilters filters;
    private final UsageTable usage;
    private final Exports exports;
    private final ObjectMapper mapper;

    KeyListController(KeyListing listing, KeyFilters filters, UsageTable usage, Exports exports, ObjectMapper mapper) {
        this.listing = listing;
        this.filters = filters;
        this.usage = usage;
        this.exports = exports;
        this.mapper = mapper;
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
        if (format != ExportFormat.JSON) {
            return exports.answer(request, "keys", format, cursor, selection(filter, format));
        }
        Page<KeyRecord> page = listing.page(filter, cursor, limit);
        Usages used = usages(page.items());
        return Paging.respond(request, page, key -> KeyJson.of(key, used)).contentType(MediaType.APPLICATION_JSON_TYPE);
    }

    private Usages usages(List<KeyRecord> keys) {
        return usage.of(keys.stream().map(KeyRecord::id).toList());
    }

    private Exports.Selection<KeyRecord> selection(KeyFilter filter, ExportFormat format) {
        return new Exports.Selection<>() {
            @Override
            public Page<KeyRecord> page(@Nullable Cursor cursor) {
                return listing.page(filter, cursor, EXPORTED);
            }

            @Override
            public String header() {
                return format == ExportFormat.CSV ? KeyLines.CSV_HEADER : "";
            }

            @Override
            public byte[] format(List<KeyRecord> keys) {
                Usages used = usages(keys);
                return format == ExportFormat.CSV ? KeyLines.csv(keys, used) : KeyLines.ndjson(mapper, keys, used);
            }

            @Override
            public Exports.Narrowing narrowing() {
                return new Exports.Narrowing("expiresTo", KeyListing.NARROW);
            }
        };
    }
}
