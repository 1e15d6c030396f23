package io.keylapse.http.management.history;

import io.keylapse.blacklist.BlacklistFilter;
import io.keylapse.blacklist.BlacklistHistory;
import io.keylapse.blacklist.BlacklistStatistics;
import io.keylapse.blacklist.PageSize;
import io.keylapse.http.access.audience.Needs;
import io.keylapse.http.management.Paging;
import io.keylapse.http.management.Query;
import io.keylapse.http.management.stream.ExportFormat;
import io.keylapse.http.management.stream.ExportedList;
import io.keylapse.http.management.stream.Exports;
import io.keylapse.key.KeyState;
import io.keylapse.key.ManagementKeyId;
import io.keylapse.key.input.Rfc3339;
import io.keylapse.notice.delivery.DeliverySummaries;
import io.keylapse.notice.delivery.DeliverySummaries.Summary;
import io.keylapse.registry.TimeBucket;
import io.keylapse.registry.ending.BlacklistEntry;
import io.keylapse.registry.sql.page.Cursor;
import io.keylapse.registry.sql.page.Page;
import io.keylapse.security.management.ManagementKeyNames;
import io.keylapse.security.management.Permission;
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
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The blacklist: expired, revoked and rotated keys, as pages, exports and statistics. */
@Controller("/v1/blacklist")
@ExecuteOn(TaskExecutors.BLOCKING)
@Needs(Permission.READ_HISTORY)
final class BlacklistController {
    /** The page that an export reads and holds at a time: 100 KB to 2 MB of text. */
    private static final PageSize EXPORTED = new PageSize(2_000, 512 * 1024);

    private final BlacklistHistory history;
    private final BlacklistStatistics statistics;
    private final DeliverySummaries summaries;
    private final ManagementKeyNames managementKeys;
    private final Exports exports;

    BlacklistController(
            BlacklistHistory history,
            BlacklistStatistics statistics,
            DeliverySummaries summaries,
            ManagementKeyNames managementKeys,
            Exports exports) {
        this.history = history;
        this.statistics = statistics;
        this.summaries = summaries;
        this.managementKeys = managementKeys;
        this.exports = exports;
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
        ExportFormat format = ExportFormat.accepted(request);
        if (format != ExportFormat.JSON) {
            return exports.answer(
                    request,
                    ExportedList.BLACKLIST,
                    format,
                    BlacklistJson.COLUMNS,
                    cursor,
                    at -> exported(page(filter, order, at, EXPORTED)));
        }
        Page<BlacklistEntry> page = page(filter, order, cursor, PageSize.ofRows(limit));
        Map<BlacklistEntry, Summary> told = summaries.of(page.items());
        Map<ManagementKeyId, String> names = managementKeys.of(page.items().stream()
                .flatMap(entry -> Stream.ofNullable(entry.endedBy()))
                .toList());
        return Paging.respond(
                        request,
                        page,
                        entry -> BlacklistJson.of(
                                entry, told.get(entry), entry.endedBy() == null ? null : names.get(entry.endedBy())))
                .contentType(MediaType.APPLICATION_JSON_TYPE);
    }

    record Buckets(List<BucketJson> buckets) {}

    record BucketJson(String start, long expired, long revoked, long rotated) {}

    @Get("/stats")
    Buckets stats(HttpRequest<?> request) {
        var query = new Query(request, Set.of("bucket", "from", "to", "owner"));
        TimeBucket bucket = query.bucket();
        var counts = statistics.count(bucket, query.instant("from"), query.instant("to"), query.owner());
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

    /** In recording order there is always a next page; an export ends at the last entry that exists now. */
    private static Page<BlacklistJson> exported(Page<BlacklistEntry> page) {
        return new Page<>(page.items(), EXPORTED.isReachedBy(page.items()) ? page.next() : Optional.empty())
                .map(BlacklistJson::of);
    }
}
