package io.keylapse.http.management.notices;

import io.keylapse.http.Problem;
import io.keylapse.http.access.audience.Needs;
import io.keylapse.http.management.Paging;
import io.keylapse.http.management.Query;
import io.keylapse.notice.Notice;
import io.keylapse.notice.NoticeTable;
import io.keylapse.notice.delivery.Delivery;
import io.keylapse.notice.delivery.DeliveryTable;
import io.keylapse.notice.mail.MailTemplates;
import io.keylapse.registry.outbox.NoticeId;
import io.keylapse.registry.outbox.NoticeKind;
import io.keylapse.registry.sql.page.Page;
import io.keylapse.security.management.Permission;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Endpoints for notices and the state of their deliveries. */
@Controller("/v1/notices")
@ExecuteOn(TaskExecutors.BLOCKING)
@Needs(Permission.READ_HISTORY)
final class NoticesController {
    private final NoticeTable notices;
    private final DeliveryTable deliveries;
    private final MailTemplates templates;

    NoticesController(NoticeTable notices, DeliveryTable deliveries, MailTemplates templates) {
        this.notices = notices;
        this.deliveries = deliveries;
        this.templates = templates;
    }

    @Get
    HttpResponse<?> list(HttpRequest<?> request) {
        var query = new Query(request, Set.of("owner", "keyId", "type", "from", "to", "cursor", "limit"));
        var filter = new NoticeTable.Filter(
                query.owner(),
                query.keyId(),
                query.parsed(
                        "type",
                        NoticeKind::parse,
                        "must be api_key.expiring, api_key.expired, api_key.revoked, api_key.rotated or api_key.renewed"),
                query.instant("from"),
                query.instant("to"));
        Page<Notice> page = notices.page(filter, query.cursor(), query.limit());
        Map<NoticeId, List<Delivery>> found = deliveries
                .of(page.items().stream().map(Notice::id).toList())
                .stream()
                .collect(Collectors.groupingBy(Delivery::noticeId));
        var urls = ShownUrl.to(request);
        return Paging.respond(
                request,
                page,
                notice -> NoticeJson.of(notice, found.getOrDefault(notice.id(), List.of()), urls, templates));
    }

    @Get("/{id}")
    HttpResponse<?> get(HttpRequest<?> request, String id) {
        return notices.find(Ids.notice("id", id))
                .<HttpResponse<?>>map(notice -> HttpResponse.ok(
                        NoticeJson.of(notice, deliveries.of(List.of(notice.id())), ShownUrl.to(request), templates)))
                .orElseGet(() -> Problem.of(request, HttpStatus.NOT_FOUND, "NOT_FOUND", "There is no such notice.")
                        .response());
    }
}
