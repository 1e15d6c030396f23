package io.keylapse.http.management;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.keylapse.check.KeyCheck;
import io.keylapse.check.Verdict;
import io.keylapse.http.access.audience.Needs;
import io.keylapse.http.management.body.RequestJson;
import io.keylapse.key.KeyId;
import io.keylapse.key.ServiceIdentity;
import io.keylapse.key.input.Rfc3339;
import io.keylapse.security.management.Permission;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Post;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Checks many keys in one call, for example a list of leaked keys. Gateways use {@code /check}. */
@Controller("/v1/checks")
@ExecuteOn(TaskExecutors.BLOCKING)
final class ChecksController {
    /**
     * Concurrent checks of one call. Look-ups of unknown keys are rate limited, so more would only get {@code
     * STORE_UNAVAILABLE}.
     */
    private static final int AT_ONCE = 50;

    private final KeyCheck check;
    private final ServiceIdentity service;
    private final RequestJson json;

    ChecksController(KeyCheck check, ServiceIdentity service, RequestJson json) {
        this.check = check;
        this.service = service;
        this.json = json;
    }

    /** The results, in the order of the request. */
    record Results(List<Result> results) {}

    /**
     * The result of one check.
     *
     * @param valid null if no store could tell
     * @param supportContact whom key holders can ask; only for ended keys
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Result(
            @Nullable Boolean valid,
            String code,
            @Nullable String keyId,
            @Nullable String owner,
            @Nullable List<String> scopes,
            @Nullable String expiresAt,
            @Nullable String expiredAt,
            @Nullable String endedAt,
            @Nullable String successorId,
            @Nullable String supportContact) {

        static Result of(Verdict verdict, @Nullable String supportContact) {
            return switch (verdict) {
                case Verdict.Good good ->
                    new Result(
                            true,
                            good.code(),
                            good.id().toString(),
                            good.owner(),
                            good.scopes(),
                            Rfc3339.formatNullable(good.expiresAt()),
                            null,
                            null,
                            null,
                            null);
                case Verdict.Expired expired ->
                    new Result(
                            false,
                            expired.code(),
                            expired.id().toString(),
                            expired.owner(),
                            null,
                            null,
                            Rfc3339.format(expired.expiredAt()),
                            null,
                            null,
                            supportContact);
                case Verdict.Revoked revoked -> ended(verdict, revoked.id(), revoked.endedAt(), null, supportContact);
                case Verdict.Rotated rotated ->
                    ended(verdict, rotated.id(), rotated.endedAt(), rotated.successor(), supportContact);
                case Verdict.Unavailable _ -> bare(null, verdict);
                default -> bare(false, verdict);
            };
        }

        private static Result ended(
                Verdict verdict,
                KeyId id,
                Instant endedAt,
                @Nullable KeyId successor,
                @Nullable String supportContact) {
            return new Result(
                    false,
                    verdict.code(),
                    id.toString(),
                    null,
                    null,
                    null,
                    null,
                    Rfc3339.format(endedAt),
                    successor == null ? null : successor.toString(),
                    supportContact);
        }

        private static Result bare(@Nullable Boolean valid, Verdict verdict) {
            return new Result(valid, verdict.code(), null, null, null, null, null, null, null, null);
        }
    }

    @Post
    @Needs(Permission.CHECK_KEYS)
    Results check(HttpRequest<?> request) {
        List<String> texts = json.readBatch(request, KeyRequests.Checks.class).texts();
        var results = new ArrayList<Result>(texts.size());
        for (int from = 0; from < texts.size(); from += AT_ONCE) {
            List<CompletableFuture<Verdict>> asked =
                    texts.subList(from, Math.min(from + AT_ONCE, texts.size())).stream()
                            .map(text -> check.check(text, List.of()).toCompletableFuture())
                            .toList();
            asked.forEach(verdict -> results.add(Result.of(verdict.join(), service.support())));
        }
        return new Results(results);
    }
}
