package io.keylapse.http.management.notices;

import io.keylapse.http.Problem;
import io.keylapse.http.access.Audited;
import io.keylapse.http.access.ManagementGate;
import io.keylapse.http.access.audience.Needs;
import io.keylapse.http.management.Paging;
import io.keylapse.http.management.Query;
import io.keylapse.http.management.body.RequestJson;
import io.keylapse.key.input.InvalidInputException;
import io.keylapse.key.input.IsoDuration;
import io.keylapse.notice.WebhookId;
import io.keylapse.notice.delivery.Replays;
import io.keylapse.notice.delivery.WebhookHealth;
import io.keylapse.notice.delivery.WebhookHealth.Report;
import io.keylapse.notice.webhook.Webhook;
import io.keylapse.notice.webhook.WebhookService;
import io.keylapse.notice.webhook.WebhookTable;
import io.keylapse.registry.audit.Actor;
import io.keylapse.registry.audit.AuditAction;
import io.keylapse.registry.sql.page.Page;
import io.keylapse.security.management.Permission;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Delete;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Patch;
import io.micronaut.http.annotation.Post;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Endpoints for webhooks. Callers who may only read the history see them without secrets: see {@link ShownUrl}. */
@Controller("/v1/webhooks")
@ExecuteOn(TaskExecutors.BLOCKING)
@Needs(Permission.MANAGE_WEBHOOKS)
final class WebhooksController {
    private final WebhookService webhooks;
    private final WebhookTable table;
    private final Replays replays;
    private final WebhookHealth health;
    private final RequestJson json;

    WebhooksController(
            WebhookService webhooks, WebhookTable table, Replays replays, WebhookHealth health, RequestJson json) {
        this.webhooks = webhooks;
        this.table = table;
        this.replays = replays;
        this.health = health;
        this.json = json;
    }

    record Replayed(int replayed) {}

    @Post
    @Audited(AuditAction.WEBHOOK_CREATE)
    HttpResponse<?> create(HttpRequest<?> request) {
        var wanted = json.read(request, WebhookRequests.Create.class).wanted();
        if (!webhooks.areAvailable()) {
            return encryptionKeyMissing(request);
        }
        var created = webhooks.create(wanted, caller(request));
        return HttpResponse.created(
                WebhookJson.withSecret(created.webhook(), created.secret()),
                URI.create("/v1/webhooks/" + created.webhook().id()));
    }

    @Get
    @Needs(Permission.READ_HISTORY)
    HttpResponse<?> list(HttpRequest<?> request) {
        var query = new Query(request, Set.of("owner", "cursor", "limit"));
        var urls = ShownUrl.to(request);
        Page<Webhook> page = table.page(query.owner(), query.cursor(), query.limit());
        Map<WebhookId, Report> reports =
                health.of(page.items().stream().map(Webhook::id).toList());
        return Paging.respond(
                request, page, webhook -> WebhookJson.withHealth(webhook, urls, reports.get(webhook.id())));
    }

    @Get("/{id}")
    @Needs(Permission.READ_HISTORY)
    HttpResponse<?> get(HttpRequest<?> request, String id) {
        return found(
                request,
                table.find(Ids.webhook("id", id))
                        .map(webhook -> WebhookJson.withHealth(
                                webhook,
                                ShownUrl.to(request),
                                health.of(List.of(webhook.id())).get(webhook.id()))));
    }

    @Patch("/{id}")
    @Audited(AuditAction.WEBHOOK_CHANGE)
    HttpResponse<?> change(HttpRequest<?> request, String id) {
        WebhookId parsed = Ids.webhook("id", id);
        var change = json.read(request, WebhookRequests.Change.class);
        return found(
                request,
                webhooks.change(parsed, change::applyTo, change.isEnabled(), caller(request))
                        .map(webhook -> WebhookJson.of(webhook, ShownUrl.to(request))));
    }

    @Delete("/{id}")
    @Audited(AuditAction.WEBHOOK_DELETE)
    HttpResponse<?> delete(HttpRequest<?> request, String id) {
        return webhooks.delete(Ids.webhook("id", id), caller(request)) ? HttpResponse.noContent() : notFound(request);
    }

    @Post("/{id}/rotate-secret")
    @Audited(AuditAction.WEBHOOK_ROTATE_SECRET)
    HttpResponse<?> rotateSecret(HttpRequest<?> request, String id) {
        WebhookId parsed = Ids.webhook("id", id);
        String overlap = json.read(request, WebhookRequests.RotateSecret.class, new WebhookRequests.RotateSecret(null))
                .overlap();
        Duration parsedOverlap = overlap == null
                ? WebhookService.DEFAULT_OVERLAP
                : IsoDuration.parse(overlap)
                        .orElseThrow(() -> new InvalidInputException(
                                "overlap", "must be an ISO 8601 duration in days and time such as P1D or PT15M"));
        if (!webhooks.areAvailable() && table.find(parsed).isPresent()) {
            return encryptionKeyMissing(request);
        }
        return found(
                request,
                webhooks.rotateSecret(parsed, parsedOverlap, caller(request))
                        .map(rotated -> WebhookJson.withSecret(rotated.webhook(), rotated.secret())));
    }

    @Post("/{id}/test")
    @Audited(AuditAction.WEBHOOK_TEST)
    HttpResponse<?> test(HttpRequest<?> request, String id) {
        return found(
                request, webhooks.test(Ids.webhook("id", id), caller(request)).map(DeliveryJson.TestJson::of));
    }

    @Post("/{id}/replay")
    @Audited(AuditAction.WEBHOOK_REPLAY)
    HttpResponse<?> replay(HttpRequest<?> request, String id) {
        WebhookId parsed = Ids.webhook("id", id);
        return found(request, table.find(parsed).map(_ -> new Replayed(replays.of(parsed, caller(request)))));
    }

    private static HttpResponse<?> encryptionKeyMissing(HttpRequest<?> request) {
        return Problem.of(
                        request,
                        HttpStatus.CONFLICT,
                        "ENCRYPTION_KEY_MISSING",
                        "Webhooks need an encryption key, because their signing secrets are stored encrypted. Set"
                                + " KEYLAPSE_ENCRYPTION_KEY to the output of: openssl rand -base64 32")
                .response();
    }

    private static <T> HttpResponse<?> found(HttpRequest<?> request, Optional<T> body) {
        return body.<HttpResponse<?>>map(HttpResponse::ok).orElseGet(() -> notFound(request));
    }

    private static HttpResponse<?> notFound(HttpRequest<?> request) {
        return Problem.of(request, HttpStatus.NOT_FOUND, "NOT_FOUND", "There is no such webhook.")
                .response();
    }

    private static Actor caller(HttpRequest<?> request) {
        return ManagementGate.actorOf(request);
    }
}
