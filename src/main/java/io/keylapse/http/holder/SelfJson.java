package io.keylapse.http.holder;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.keylapse.key.RenewUrl;
import io.keylapse.key.input.Rfc3339;
import io.keylapse.lifecycle.rules.SelfRenewal;
import io.keylapse.registry.KeyRecord;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A key as its holder sees it. Null fields are absent.
 *
 * @param renewableUntil the instant until which the holder may renew the key without an admin
 * @param advice what to do next, as text
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record SelfJson(
        String id,
        String owner,
        String name,
        String hint,
        String state,
        List<String> scopes,
        String issuedAt,
        @Nullable String expiresAt,
        @Nullable String endedAt,
        @Nullable String successorId,
        @Nullable String renewableUntil,
        @Nullable String renewUrl,
        String advice) {

    static SelfJson of(KeyRecord key, SelfRenewal selfRenewal, RenewUrl renewUrl) {
        Optional<String> until = selfRenewal.until(key).map(Rfc3339::format);
        Optional<String> url = renewUrl.of(key.id(), key.owner());
        Instant endedAt = key.endedAt();
        return new SelfJson(
                key.id().toString(),
                key.owner(),
                key.details().name(),
                key.hint(),
                key.state().word(),
                key.details().scopes(),
                Rfc3339.format(key.term().issuedAt()),
                Rfc3339.formatNullable(key.term().expiresAt()),
                Rfc3339.formatNullable(endedAt),
                key.term().successorId() == null
                        ? null
                        : key.term().successorId().toString(),
                until.orElse(null),
                url.orElse(null),
                advice(key, until, url));
    }

    private static String advice(KeyRecord key, Optional<String> until, Optional<String> url) {
        String renew = until.map(last -> "Renew it until " + last + " with POST /v1/self/renew.")
                .or(() -> url.map(address -> "Renew it at " + address + "."))
                .orElse("Ask its issuer to renew it.");
        return switch (key.state()) {
            case REVOKED -> "This key was revoked and cannot be renewed. Ask for a new one.";
            case ROTATED -> "This key was replaced. Use its successor.";
            case EXPIRED -> "This key has expired. " + renew;
            case ACTIVE -> {
                if (key.term().successorId() != null) {
                    yield "This key was replaced and is accepted until its grace period ends. Use its successor.";
                }
                yield key.term().expiresAt() == null
                        ? "This key is valid and has no deadline. There is nothing to do."
                        : "This key is valid. " + renew;
            }
        };
    }
}
