package io.keylapse.http.holder;

import io.keylapse.http.Problem;
import io.keylapse.http.access.Audited;
import io.keylapse.http.access.ForHolders;
import io.keylapse.http.access.ManagementGate;
import io.keylapse.http.management.body.RequestFields;
import io.keylapse.http.management.body.RequestJson;
import io.keylapse.key.RenewUrl;
import io.keylapse.lifecycle.ChangeOutcome;
import io.keylapse.lifecycle.RenewKey;
import io.keylapse.lifecycle.rules.SelfRenewal;
import io.keylapse.registry.KeyRecord;
import io.keylapse.registry.KeyTable;
import io.keylapse.registry.audit.AuditAction;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Post;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Endpoints for key holders: show the presented key, valid or not, and renew it. */
@Controller("/v1/self")
@ExecuteOn(TaskExecutors.BLOCKING)
@ForHolders
final class SelfController {
    private final KeyTable keys;
    private final RenewKey renewKey;
    private final SelfRenewal selfRenewal;
    private final RenewUrl renewUrl;
    private final RequestJson json;

    SelfController(KeyTable keys, RenewKey renewKey, SelfRenewal selfRenewal, RenewUrl renewUrl, RequestJson json) {
        this.keys = keys;
        this.renewKey = renewKey;
        this.selfRenewal = selfRenewal;
        this.renewUrl = renewUrl;
        this.json = json;
    }

    record Renew(@Nullable String ttl) {}

    @Get
    HttpResponse<?> show(HttpRequest<?> request) {
        return keys.find(ManagementGate.holderOf(request))
                .<HttpResponse<?>>map(this::show)
                .orElseGet(() -> gone(request));
    }

    @Post("/renew")
    @Audited(AuditAction.KEY_RENEW)
    HttpResponse<?> renew(HttpRequest<?> request) {
        @Nullable Duration ttl = ttl(json.readFromHolder(request, Renew.class, new Renew(null)));
        return switch (renewKey.renewByHolder(ManagementGate.holderOf(request), ttl, ManagementGate.actorOf(request))) {
            case ChangeOutcome.Done done -> show(done.key());
            case ChangeOutcome.NotAllowed(KeyRecord key) -> notAllowed(request, key);
            default -> gone(request);
        };
    }

    private HttpResponse<?> show(KeyRecord key) {
        return HttpResponse.ok(SelfJson.of(key, selfRenewal, renewUrl));
    }

    private HttpResponse<?> notAllowed(HttpRequest<?> request, KeyRecord key) {
        return Problem.of(
                        request,
                        HttpStatus.FORBIDDEN,
                        "SELF_RENEWAL_NOT_ALLOWED",
                        "You cannot renew this key yourself now. "
                                + SelfJson.of(key, selfRenewal, renewUrl).advice(),
                        null,
                        Map.of(
                                "keyId",
                                key.id().toString(),
                                "state",
                                key.state().word()))
                .response();
    }

    private static HttpResponse<?> gone(HttpRequest<?> request) {
        return Problem.of(request, HttpStatus.NOT_FOUND, "NOT_FOUND", "There is no such key.")
                .response();
    }

    private static @Nullable Duration ttl(Renew wanted) {
        return wanted.ttl() == null ? null : RequestFields.duration("ttl", wanted.ttl());
    }
}
