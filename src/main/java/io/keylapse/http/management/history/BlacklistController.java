package io.keylapse.http.management.history;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.keylapse.blacklist.BlacklistFilter;
import io.keylapse.blacklist.BlacklistHistory;
import io.keylapse.blacklist.BlacklistStatistics;
import io.keylapse.blacklist.BlacklistStatistics.Bucket;
import io.keylapse.http.Rfc3339;
import io.keylapse.http.access.Needs;
import io.keylapse.http.management.Pages;
import io.keylapse.http.management.Query;
import io.keylapse.key.KeyState;
import io.keylapse.notice.delivery.Told;
import io.keylapse.notice.delivery.Told.Tidings;
import io.keylapse.registry.BlacklistEntry;
import io.keylapse.registry.sql.Cursor;
import io.keylapse.registry.sql.Page;
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
import jakarta.inject.Named;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** The history of endings, for admins. */
@Controller("/v1/blacklist")
@ExecuteOn(TaskExecutors.BLOCKING)
@Needs(Permission.READ_HISTORY)
final class BlacklistController {
    private final BlacklistHistory history;
    private final BlacklistStatistics statistics;
    private final Told told;
    private final ObjectMapper mapper;
    private final Scheduler threads;

    BlacklistController(
            BlacklistHistory history,
            BlacklistStatistics statistics,
            Told told,
            ObjectMapper mapper,
            @Named(TaskExecutors.BLOCKING) ExecutorService threads) {
        this.history = history;
        this.statistics = statistics;
        this.told = told;
        this.mapper = mapper;
        // As no service that could interrupt: who goes away would break the connection that is read from.
        this.threads = Schedulers.fromExecutor(task -> threads.execute(task));
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
        return switch (Form.accepted(request)) {
            case JSON -> {
                Page<BlacklistEntry> page = page(filter, order, cursor, limit);
                Map<BlacklistEntry, Tidings> known = told.of(page.items());
                yield Pages.respond(request, page, entry -> BlacklistJson.of(entry, known.get(entry)))
                        .contentType(MediaType.APPLICATION_JSON_TYPE);
            }
            case CSV ->
                export(
                        "blacklist.csv",
                        Form.CSV,
                        BlacklistLines.CSV_HEADER,
                        filter,
                        order,
                        cursor,
                        BlacklistLines::csv);
            case NDJSON ->
                export(
                        "blacklist.ndjson",
                        Form.NDJSON,
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
            BlacklistFilter filter, @Nullable Order order, @Nullable Cursor cursor, int limit) {
        return order == Order.RECORDED
                ? history.inOrderOfRecording(filter, cursor, limit)
                : history.newestFirst(filter, cursor, limit);
    }

    private HttpResponse<?> export(
            String file,
            Form form,
            String header,
            BlacklistFilter filter,
            @Nullable Order order,
            @Nullable Cursor start,
            Function<List<BlacklistEntry>, byte[]> format) {
        var rows = new BlacklistExport(cursor -> page(filter, order, cursor, BlacklistExport.ROWS));
        return HttpResponse.ok(rows.from(start, header, format, threads))
                .contentType(form.type())
                .header(HttpHeaders.CONTENT_DISPOSITION, "attachment; filename=\"" + file + "\"");
    }
}
