package io.keylapse.http.management;

import io.keylapse.http.access.Audited;
import io.keylapse.http.access.ManagementGate;
import io.keylapse.http.access.audience.Needs;
import io.keylapse.http.management.body.RequestJson;
import io.keylapse.http.management.body.StrictJson;
import io.keylapse.key.ApiKey;
import io.keylapse.key.KeyFormat;
import io.keylapse.key.KeyId;
import io.keylapse.key.input.InvalidInputException;
import io.keylapse.key.input.PlainText;
import io.keylapse.lifecycle.ChangeKey;
import io.keylapse.lifecycle.IdempotentRequest;
import io.keylapse.lifecycle.IssueKey;
import io.keylapse.lifecycle.RenewKey;
import io.keylapse.lifecycle.RevokeKey;
import io.keylapse.lifecycle.RotateKey;
import io.keylapse.registry.KeyRecord;
import io.keylapse.registry.KeyTable;
import io.keylapse.registry.audit.Actor;
import io.keylapse.registry.audit.AuditAction;
import io.keylapse.registry.usage.UsageTable;
import io.keylapse.security.management.Permission;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Delete;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Patch;
import io.micronaut.http.annotation.Post;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Endpoints for single keys: issue, find, change, renew, rotate and revoke them. */
@Controller("/v1/keys")
@ExecuteOn(TaskExecutors.BLOCKING)
final class KeysController {
    static final String IDEMPOTENCY_KEY = "Idempotency-Key";
    private static final Pattern IDEMPOTENCY_KEY_FORM = Pattern.compile("[ -~]{0,254}[!-~]");

    private final IssueKey issueKey;
    private final RenewKey renewKey;
    private final RotateKey rotateKey;
    private final RevokeKey revokeKey;
    private final ChangeKey changeKey;
    private final KeyTable keys;
    private final UsageTable usages;
    private final KeyFormat format;
    private final RequestJson json;

    KeysController(
            IssueKey issueKey,
            RenewKey renewKey,
            RotateKey rotateKey,
            RevokeKey revokeKey,
            ChangeKey changeKey,
            KeyTable keys,
            UsageTable usages,
            KeyFormat format,
            RequestJson json) {
        this.issueKey = issueKey;
        this.renewKey = renewKey;
        this.rotateKey = rotateKey;
        this.revokeKey = revokeKey;
        this.changeKey = changeKey;
        this.keys = keys;
        this.usages = usages;
        this.format = format;
        this.json = json;
    }

    @Post
    @Needs(Permission.MANAGE_KEYS)
    @Audited(AuditAction.KEY_ISSUE)
    HttpResponse<?> issue(HttpRequest<?> request) {
        var wanted = json.read(request, KeyRequests.Issue.class);
        return KeyResponses.to(
                request, issueKey.issue(wanted.toNewKey(), idempotent(request, "POST /v1/keys", wanted)));
    }

    @Get("/{id}")
    @Needs(Permission.READ_KEYS)
    HttpResponse<?> get(HttpRequest<?> request, String id) {
        return show(request, keys.find(KeyResponses.keyId(id)));
    }

    @Post("/lookup")
    @Needs(Permission.READ_KEYS)
    HttpResponse<?> lookUp(HttpRequest<?> request) {
        String text = json.read(request, KeyRequests.LookUp.class).key();
        if (text == null || text.isEmpty()) {
            throw new InvalidInputException("key", "is required");
        }
        PlainText.complaint(text, Integer.MAX_VALUE).ifPresent(complaint -> {
            throw new InvalidInputException("key", complaint);
        });
        return show(request, format.parse(text.strip()).map(ApiKey::digest).flatMap(keys::find));
    }

    @Patch("/{id}")
    @Needs(Permission.MANAGE_KEYS)
    @Audited(AuditAction.KEY_CHANGE)
    HttpResponse<?> change(HttpRequest<?> request, String id) {
        var change = json.read(request, KeyRequests.Change.class);
        return KeyResponses.to(request, changeKey.change(KeyResponses.keyId(id), change::applyTo, caller(request)));
    }

    @Post("/{id}/renew")
    @Needs(Permission.MANAGE_KEYS)
    @Audited(AuditAction.KEY_RENEW)
    HttpResponse<?> renew(HttpRequest<?> request, String id) {
        var wanted = json.read(request, KeyRequests.Renew.class);
        return KeyResponses.to(request, renewKey.renew(KeyResponses.keyId(id), wanted.deadline(), caller(request)));
    }

    @Post("/{id}/rotate")
    @Needs(Permission.MANAGE_KEYS)
    @Audited(AuditAction.KEY_ROTATE)
    HttpResponse<?> rotate(HttpRequest<?> request, String id) {
        var wanted = json.read(request, KeyRequests.Rotate.class, new KeyRequests.Rotate(null, null));
        KeyId key = KeyResponses.keyId(id);
        return KeyResponses.to(
                request,
                rotateKey.rotate(
                        key,
                        wanted.graceOr(RotateKey.DEFAULT_GRACE),
                        wanted.lifetime(),
                        idempotent(request, "POST /v1/keys/" + key + "/rotate", wanted)));
    }

    @Post("/{id}/revoke")
    @Needs(Permission.MANAGE_KEYS)
    @Audited(AuditAction.KEY_REVOKE)
    HttpResponse<?> revoke(HttpRequest<?> request, String id) {
        var wanted = json.read(request, KeyRequests.Revoke.class, new KeyRequests.Revoke(null));
        return KeyResponses.to(request, revokeKey.revoke(KeyResponses.keyId(id), wanted.reason(), caller(request)));
    }

    @Delete("/{id}")
    @Needs(Permission.MANAGE_KEYS)
    @Audited(AuditAction.KEY_REVOKE)
    HttpResponse<?> delete(HttpRequest<?> request, String id) {
        return KeyResponses.to(request, revokeKey.revoke(KeyResponses.keyId(id), null, caller(request)));
    }

    private HttpResponse<?> show(HttpRequest<?> request, Optional<KeyRecord> key) {
        return key.<HttpResponse<?>>map(found -> HttpResponse.ok(KeyJson.of(found, usages.of(List.of(found.id())))))
                .orElseGet(() -> KeyResponses.notFound(request));
    }

    private static Actor caller(HttpRequest<?> request) {
        return ManagementGate.actorOf(request);
    }

    /**
     * The identity of a request, to recognize a repeat.
     *
     * @param operation the operation, independent of how the path was spelled
     */
    private static IdempotentRequest idempotent(HttpRequest<?> request, String operation, Object body) {
        List<String> keys = request.getHeaders().getAll(IDEMPOTENCY_KEY);
        if (!keys.stream().allMatch(IDEMPOTENCY_KEY_FORM.asMatchPredicate()) || keys.size() > 1) {
            throw new InvalidInputException(IDEMPOTENCY_KEY, "must be given once, as 1 to 255 characters of ASCII");
        }
        @Nullable String key = keys.isEmpty() ? null : keys.getFirst();
        return new IdempotentRequest(caller(request), key, StrictJson.hash(operation, body));
    }
}
