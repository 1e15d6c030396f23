package io.keylapse.http.oauth;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.keylapse.check.KeyCheck;
import io.keylapse.check.Verdict;
import io.keylapse.http.Problem;
import io.keylapse.http.RequestBodies;
import io.keylapse.http.RequestBodies.Size;
import io.keylapse.http.access.Audited;
import io.keylapse.http.access.ManagementGate;
import io.keylapse.http.access.audience.Needs;
import io.keylapse.key.ApiKey;
import io.keylapse.key.KeyFormat;
import io.keylapse.lifecycle.RevokeKey;
import io.keylapse.registry.KeyTable;
import io.keylapse.registry.audit.AuditAction;
import io.keylapse.security.management.Permission;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Post;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Token introspection and revocation as OAuth 2.0 defines them.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc7662">RFC 7662, OAuth 2.0 Token Introspection</a>
 * @see <a href="https://www.rfc-editor.org/rfc/rfc7009">RFC 7009, OAuth 2.0 Token Revocation</a>
 */
@Controller
@ExecuteOn(TaskExecutors.BLOCKING)
final class TokenController {
    private final KeyCheck check;
    private final KeyFormat format;
    private final KeyTable keys;
    private final RevokeKey revokeKey;
    private final RequestBodies bodies;

    TokenController(KeyCheck check, KeyFormat format, KeyTable keys, RevokeKey revokeKey, RequestBodies bodies) {
        this.check = check;
        this.format = format;
        this.keys = keys;
        this.revokeKey = revokeKey;
        this.bodies = bodies;
    }

    /**
     * The response to an introspection. For a key that is not valid it says only that it is not active.
     *
     * @param exp the deadline in whole seconds since the epoch, rounded down
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Introspection(
            boolean active,
            @Nullable String scope,
            @Nullable String sub,
            @Nullable Long exp,
            @Nullable String jti,
            @JsonProperty("token_type") @Nullable String tokenType) {

        private static final Introspection INACTIVE = new Introspection(false, null, null, null, null, null);

        static Introspection of(Verdict.Good good) {
            Instant deadline = good.expiresAt();
            return new Introspection(
                    true,
                    String.join(" ", good.scopes()),
                    good.owner(),
                    deadline == null ? null : deadline.getEpochSecond(),
                    good.id().toString(),
                    "Bearer");
        }
    }

    @Post(value = "/introspect", consumes = MediaType.ALL)
    @Needs(Permission.CHECK_KEYS)
    HttpResponse<?> introspect(HttpRequest<?> request) {
        if (!TokenForm.is(request)) {
            return notAForm(request);
        }
        Verdict verdict = check.check(bodies.read(request, Size.SMALL, TokenForm::token), List.of())
                .toCompletableFuture()
                .join();
        return switch (verdict) {
            case Verdict.Good good -> HttpResponse.ok(Introspection.of(good));
            case Verdict.Unavailable _ -> Problem.storeUnavailable(request);
            default -> HttpResponse.ok(Introspection.INACTIVE);
        };
    }

    /**
     * Revokes the key. An expired key is revoked too, so it cannot be renewed afterwards. An unknown token is not an error
     * (RFC 7009, section 2.2).
     */
    @Post(value = "/revoke", consumes = MediaType.ALL)
    @Needs(Permission.MANAGE_KEYS)
    @Audited(AuditAction.KEY_REVOKE)
    HttpResponse<?> revoke(HttpRequest<?> request) {
        if (!TokenForm.is(request)) {
            return notAForm(request);
        }
        format.parse(bodies.read(request, Size.SMALL, TokenForm::token))
                .map(ApiKey::digest)
                .flatMap(keys::find)
                .ifPresent(key -> {
                    var _ = revokeKey.revoke(key.id(), null, ManagementGate.actorOf(request));
                });
        return HttpResponse.ok();
    }

    private static HttpResponse<?> notAForm(HttpRequest<?> request) {
        return Problem.of(
                        request,
                        HttpStatus.UNSUPPORTED_MEDIA_TYPE,
                        "NOT_A_FORM",
                        "Send token=... in a body of type application/x-www-form-urlencoded.")
                .response();
    }
}
