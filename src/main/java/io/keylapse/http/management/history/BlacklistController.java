package io.keylapse.http.management.history;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.keylapse.blacklist.BlacklistFilter;
import io.keylapse.blacklist.BlacklistHistory;
import io.keylapse.blacklist.BlacklistStatistics;
import io.keylapse.blacklist.BlacklistStatistics.Bucket;
import io.keylapse.blacklist.PageSize;
import io.keylapse.http.access.Needs;
import io.keylapse.http.management.Paging;
import io.keylapse.http.management.Query;
import io.keylapse.key.KeyState;
import io.keylapse.key.input.Rfc3339;
import io.keylapse.notice.delivery.DeliverySummaries;
import io.keylapse.notice.delivery.DeliverySummaries.Summary;
import io.keylapse.registry.ending.BlacklistEntry;
import io.keylapse.registry.sql.page.Cursor;
import io.keylapse.registry.sql.page.Page;
import io.keylapse.security.Permission;
import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Produces;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The blacklist: expired, revoked and rotated keys, as pages, exports and statistics. */
@Controller("/v1/blacklist")
@ExecuteOn(TaskExecutors.BLOCKING)
@Needs(Permission.READ_HISTORY)
final class BlacklistController {
    private final BlacklistHistory history;
    private final BlacklistStatistics statistics;
    private final DeliverySummaries summaries;
    private final ObjectMapper mapper;
    private final BlacklistExport exports;
    private final ExportPlaces places;

    BlacklistController(
            BlacklistHistory history,
            BlacklistStatistics statistics,
            DeliverySummaries summaries,
            ObjectMapper mapper,
            BlacklistExport exports,
            ExportPlaces places) {
        this.history = history;
        this.statistics = statistics;
        this.summaries = summaries;
        this.mapper = mapper;
        this.exports = exports;
        this.places = places;
    }

    private enum Order {
        ENDED,
        RECORDED;

        static Optional<Order> parse(String word) {
            return switch (word) {
                case "ended" -> Optional.of(ENDED);
                case "recorded" -> Optional.of(RECORDED);
                default -> Optional.empty();
            };
        }
    }

    @Get
    @Produces(MediaType.ALL)
    HttpResponse<?> list(HttpRequest<?> request) {
        var query = new Query(request, Set.of("owner", "keyId", "reason", "from", "to", "order", "cursor", "limit"));
        var filter = new BlacklistFilter(
                query.owner(),
                query.keyId(),
                query.parsed("reason", KeyState::parse, "must be expired, revoked or rotated"),
                query.instant("from"),
                query.instant("to"));
        Order order = query.parsed("order", Order::parse, "must be ended or recorded");
        @Nullable Cursor cursor = query.cursor();
        int limit = query.limit();
        return switch (BlacklistFormat.accepted(request)) {
            case JSON -> {
                Page<BlacklistEntry> page = page(filter, order, cursor, PageSize.ofRows(limit));
                Map<BlacklistEntry, Summary> told = summaries.of(page.items());
                yield Paging.respond(request, page, entry -> BlacklistJson.of(entry, told.get(entry)))
                        .contentType(MediaType.APPLICATION_JSON_TYPE);
            }
            case CSV ->
                export(
                        request,
                        "blacklist.csv",
                        BlacklistFormat.CSV,
                        BlacklistLines.CSV_HEADER,
                        filter,
                        order,
                        cursor,
                        BlacklistLines::csv);
            case NDJSON ->
                export(
                        request,
                        "blacklist.ndjson",
                        BlacklistFormat.NDJSON,
                        "",
                        filter,
                        order,
                        cursor,
                        entries -> BlacklistLines.ndjson(mapper, entries));
        };
    }

    record Buckets(List<BucketJson> buckets) {}

    record BucketJson(String start, long expired, long revoked, long rotated) {}

    @Get("/stats")
    Buckets stats(HttpRequest<?> request) {
        var query = new Query(request, Set.of("bucket", "from", "to", "owner"));
        Bucket bucket = query.parsed("bucket", Bucket::parse, "must be hour, day or week");
        var counts = statistics.count(
                bucket == null ? Bucket.DAY : bucket, query.instant("from"), query.instant("to"), query.owner());
        return new Buckets(counts.stream()
                .map(count -> new BucketJson(
                        Rfc3339.format(count.start()), count.expired(), count.revoked(), count.rotated()))
                .toList());
    }

    private Page<BlacklistEntry> page(
            BlacklistFilter filter, @Nullable Order order, @Nullable Cursor cursor, PageSize size) {
        return order == Order.RECORDED
                ? history.inOrderOfRecording(filter, cursor, size)
                : history.newestFirst(filter, cursor, size);
    }

    private HttpResponse<?> export(
            HttpRequest<?> request,
            String file,
            BlacklistFormat form,
            String header,
            BlacklistFilter filter,
            @Nullable Order order,
            @Nullable Cursor start,
            Function<List<BlacklistEntry>, byte[]> format) {
        var selection = new BlacklistExport.Selection() {
            @Override
            public Page<BlacklistEntry> page(@Nullable Cursor cursor) {
                return BlacklistController.this.page(filter, order, cursor, BlacklistExport.PAGE);
            }

            @Override
            public byte[] format(List<BlacklistEntry> entries) {
                return format.apply(entries);
            }
        };
        return places.answer(
                request,
                HttpResponse.ok()
                        .contentType(form.type())
                        .header(HttpHeaders.CONTENT_DISPOSITION, "attachment; filename=\"" + file + "\""),
                () -> exports.from(start, header, selection));
    }
}
