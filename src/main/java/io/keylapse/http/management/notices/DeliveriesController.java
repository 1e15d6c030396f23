package io.keylapse.http.management.notices;

import io.keylapse.http.Problem;
import io.keylapse.http.access.Audited;
import io.keylapse.http.access.ManagementGate;
import io.keylapse.http.access.audience.Needs;
import io.keylapse.http.management.Paging;
import io.keylapse.http.management.Query;
import io.keylapse.notice.WebhookId;
import io.keylapse.notice.delivery.Delivery;
import io.keylapse.notice.delivery.DeliveryId;
import io.keylapse.notice.delivery.DeliveryListing;
import io.keylapse.notice.delivery.DeliveryTable;
import io.keylapse.notice.delivery.Replays;
import io.keylapse.registry.audit.AuditAction;
import io.keylapse.registry.outbox.NoticeId;
import io.keylapse.security.management.Permission;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Post;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import java.util.Set;

/** Endpoints for deliveries: their state and attempts, and retries of dead ones. */
@Controller("/v1/deliveries")
@ExecuteOn(TaskExecutors.BLOCKING)
@Needs(Permission.READ_HISTORY)
final class DeliveriesController {
    private final DeliveryTable deliveries;
    private final DeliveryListing listing;
    private final Replays replays;

    DeliveriesController(DeliveryTable deliveries, DeliveryListing listing, Replays replays) {
        this.deliveries = deliveries;
        this.listing = listing;
        this.replays = replays;
    }

    @Get
    HttpResponse<?> list(HttpRequest<?> request) {
        var query = new Query(request, Set.of("state", "webhookId", "noticeId", "cursor", "limit"));
        var filter = new DeliveryListing.Filter(
                query.parsed("state", Delivery.State::parse, "must be pending, delivered, dead or cancelled"),
                query.parsed("webhookId", WebhookId::parse, "must be the id of a webhook"),
                query.parsed("noticeId", NoticeId::parse, "must be the id of a notice"));
        var urls = ShownUrl.to(request);
        return Paging.respond(
                request,
                listing.page(filter, query.cursor(), query.limit()),
                delivery -> DeliveryJson.of(delivery, urls));
    }

    @Get("/{id}")
    HttpResponse<?> get(HttpRequest<?> request, String id) {
        return show(request, Ids.delivery("id", id));
    }

    @Post("/{id}/replay")
    @Needs(Permission.MANAGE_WEBHOOKS)
    @Audited(AuditAction.DELIVERY_REPLAY)
    HttpResponse<?> replay(HttpRequest<?> request, String id) {
        DeliveryId parsed = Ids.delivery("id", id);
        if (!replays.of(parsed, ManagementGate.actorOf(request))
                && deliveries.find(parsed).isPresent()) {
            return Problem.of(request, HttpStatus.CONFLICT, "DELIVERY_NOT_DEAD", "Only a dead delivery can be retried.")
                    .response();
        }
        return show(request, parsed);
    }

    private HttpResponse<?> show(HttpRequest<?> request, DeliveryId id) {
        return deliveries
                .find(id)
                .<HttpResponse<?>>map(found ->
                        HttpResponse.ok(DeliveryJson.withLog(found, ShownUrl.to(request), deliveries.attempts(id))))
                .orElseGet(() -> Problem.of(request, HttpStatus.NOT_FOUND, "NOT_FOUND", "There is no such delivery.")
                        .response());
    }
}
