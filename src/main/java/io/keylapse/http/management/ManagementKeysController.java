package io.keylapse.http.management;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.keylapse.http.Problem;
import io.keylapse.http.access.Audited;
import io.keylapse.http.access.ManagementGate;
import io.keylapse.http.access.audience.Needs;
import io.keylapse.http.management.body.RequestFields;
import io.keylapse.http.management.body.RequestJson;
import io.keylapse.key.ManagementKeyId;
import io.keylapse.key.input.InvalidInputException;
import io.keylapse.key.input.Rfc3339;
import io.keylapse.registry.audit.AuditAction;
import io.keylapse.security.management.ManagementKey;
import io.keylapse.security.management.ManagementKeyService;
import io.keylapse.security.management.Permission;
import io.keylapse.security.management.Role;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Delete;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Post;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Endpoints for management keys. */
@Controller("/v1/management-keys")
@ExecuteOn(TaskExecutors.BLOCKING)
@Needs(Permission.MANAGE_MANAGEMENT_KEYS)
final class ManagementKeysController {
    private final ManagementKeyService keys;
    private final RequestJson json;

    ManagementKeysController(ManagementKeyService keys, RequestJson json) {
        this.keys = keys;
        this.json = json;
    }

    record Create(
            @Nullable String name,
            @Nullable String role,
            @Nullable String ttl) {}

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record ManagementKeyJson(
            String id,
            @Nullable String key,
            String name,
            String role,
            String hint,
            String createdAt,
            @Nullable String expiresAt,
            @Nullable String lastUsedAt) {

        static ManagementKeyJson of(ManagementKey key, @Nullable String secret) {
            return new ManagementKeyJson(
                    key.id().toString(),
                    secret,
                    key.name(),
                    key.role().word(),
                    key.hint(),
                    Rfc3339.format(key.createdAt()),
                    Rfc3339.formatNullable(key.expiresAt()),
                    Rfc3339.formatNullable(key.lastUsedAt()));
        }

        /** Omits the secret. */
        @Override
        public String toString() {
            return "ManagementKeyJson[" + id + "]";
        }
    }

    @Post
    @Audited(AuditAction.MANAGEMENT_KEY_CREATE)
    HttpResponse<?> create(HttpRequest<?> request) {
        var wanted = json.read(request, Create.class);
        if (wanted.name() == null) {
            throw new InvalidInputException("name", "is required");
        }
        Role role = Role.parse(wanted.role() == null ? "" : wanted.role())
                .orElseThrow(() -> new InvalidInputException("role", "must be admin, issuer, auditor or check"));
        var created = keys.create(
                wanted.name(),
                role,
                wanted.ttl() == null ? null : RequestFields.duration("ttl", wanted.ttl()),
                ManagementGate.actorOf(request));
        return HttpResponse.status(HttpStatus.CREATED)
                .body(ManagementKeyJson.of(created.key(), created.secret().reveal()));
    }

    @Get
    Paging.Body<ManagementKeyJson> list() {
        List<ManagementKeyJson> all =
                keys.list().stream().map(key -> ManagementKeyJson.of(key, null)).toList();
        return new Paging.Body<>(all, null);
    }

    @Delete("/{id}")
    @Audited(AuditAction.MANAGEMENT_KEY_DELETE)
    HttpResponse<?> delete(HttpRequest<?> request, String id) {
        ManagementKeyId parsed = ManagementKeyId.parse(id)
                .orElseThrow(() -> new InvalidInputException("id", "must be the id of a management key"));
        return keys.delete(parsed, ManagementGate.actorOf(request))
                ? HttpResponse.noContent()
                : Problem.of(request, HttpStatus.NOT_FOUND, "NOT_FOUND", "There is no such management key.")
                        .response();
    }
}
