package io.keylapse.http.management;

import io.keylapse.http.access.Audited;
import io.keylapse.http.access.ManagementGate;
import io.keylapse.http.access.Needs;
import io.keylapse.http.management.body.RequestJson;
import io.keylapse.lifecycle.RevokeKey;
import io.keylapse.registry.audit.AuditAction;
import io.keylapse.security.Permission;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Post;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;

/** Endpoints for owners. An owner exists only through its keys. */
@Controller("/v1/owners")
@ExecuteOn(TaskExecutors.BLOCKING)
final class OwnersController {
    private final RevokeKey revokeKey;
    private final RequestJson json;

    OwnersController(RevokeKey revokeKey, RequestJson json) {
        this.revokeKey = revokeKey;
        this.json = json;
    }

    record Revoked(int revoked) {}

    @Post("/{owner}/revoke")
    @Needs(Permission.MANAGE_KEYS)
    @Audited(AuditAction.OWNER_REVOKE)
    Revoked revoke(HttpRequest<?> request, String owner) {
        var wanted = json.read(request, KeyRequests.Revoke.class, new KeyRequests.Revoke(null));
        return new Revoked(revokeKey.revokeAll(owner, wanted.reason(), ManagementGate.actorOf(request)));
    }
}
