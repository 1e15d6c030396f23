package io.keylapse.http.holder;

import io.keylapse.http.access.Audited;
import io.keylapse.http.access.ManagementGate;
import io.keylapse.http.access.audience.ForHolders;
import io.keylapse.http.management.body.RequestFields;
import io.keylapse.http.management.body.RequestJson;
import io.keylapse.key.KeyId;
import io.keylapse.lifecycle.RenewKey;
import io.keylapse.lifecycle.RevokeKey;
import io.keylapse.lifecycle.RotateKey;
import io.keylapse.registry.KeyRecord;
import io.keylapse.registry.KeyTable;
import io.keylapse.registry.SelfRotationTable;
import io.keylapse.registry.audit.AuditAction;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Post;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Endpoints for key holders: show the presented key, valid or not; renew, rotate and revoke it. */
@Controller("/v1/self")
@ExecuteOn(TaskExecutors.BLOCKING)
@ForHolders
final class SelfController {
    private final KeyTable keys;
    private final SelfRotationTable rotations;
    private final RenewKey renewKey;
    private final RotateKey rotateKey;
    private final RevokeKey revokeKey;
    private final SelfResponses responses;
    private final RequestJson json;

    SelfController(
            KeyTable keys,
            SelfRotationTable rotations,
            RenewKey renewKey,
            RotateKey rotateKey,
            RevokeKey revokeKey,
            SelfResponses responses,
            RequestJson json) {
        this.keys = keys;
        this.rotations = rotations;
        this.renewKey = renewKey;
        this.rotateKey = rotateKey;
        this.revokeKey = revokeKey;
        this.responses = responses;
        this.json = json;
    }

    record Renew(@Nullable String ttl) {}

    record Rotate(@Nullable String grace, @Nullable String ttl) {}

    record Revoke(@Nullable String reason) {}

    @Get
    HttpResponse<?> show(HttpRequest<?> request) {
        Optional<KeyRecord> key = keys.find(ManagementGate.holderOf(request));
        // Only successors can be claimed. For other keys, Postgres is only read.
        key.filter(found -> found.predecessorId() != null).ifPresent(found -> rotations.claim(found.id()));
        return key.<HttpResponse<?>>map(responses::show).orElseGet(() -> SelfResponses.gone(request));
    }

    @Post("/renew")
    @Audited(AuditAction.KEY_RENEW)
    HttpResponse<?> renew(HttpRequest<?> request) {
        var wanted = json.readFromHolder(request, Renew.class, new Renew(null));
        @Nullable Duration ttl = duration("ttl", wanted.ttl());
        return responses.toRenewal(
                request, renewKey.renewByHolder(holder(request), ttl, ManagementGate.actorOf(request)));
    }

    @Post("/rotate")
    @Audited(AuditAction.KEY_ROTATE)
    HttpResponse<?> rotate(HttpRequest<?> request) {
        var wanted = json.readFromHolder(request, Rotate.class, new Rotate(null, null));
        @Nullable Duration grace = duration("grace", wanted.grace());
        @Nullable Duration ttl = duration("ttl", wanted.ttl());
        return responses.toRotation(
                request,
                rotateKey.rotateByHolder(
                        holder(request),
                        grace == null ? RotateKey.DEFAULT_GRACE : grace,
                        ttl,
                        ManagementGate.actorOf(request)));
    }

    @Post("/revoke")
    @Audited(AuditAction.KEY_REVOKE)
    HttpResponse<?> revoke(HttpRequest<?> request) {
        var wanted = json.readFromHolder(request, Revoke.class, new Revoke(null));
        return responses.toRevocation(
                request, revokeKey.revoke(holder(request), wanted.reason(), ManagementGate.actorOf(request)));
    }

    /** The presented key. Its caller has the secret, so a successor counts as claimed. */
    private KeyId holder(HttpRequest<?> request) {
        KeyId key = ManagementGate.holderOf(request);
        rotations.claim(key);
        return key;
    }

    static @Nullable Duration duration(String field, @Nullable String text) {
        return text == null ? null : RequestFields.duration(field, text);
    }
}
