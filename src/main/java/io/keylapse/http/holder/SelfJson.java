package io.keylapse.http.holder;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.keylapse.key.KeyId;
import io.keylapse.key.KeyState;
import io.keylapse.key.ServiceIdentity;
import io.keylapse.key.input.IsoDuration;
import io.keylapse.key.input.Rfc3339;
import io.keylapse.registry.KeyRecord;
import io.keylapse.registry.ending.BlacklistEntry;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A key as its holder sees it. Null fields are absent.
 *
 * @param key the secret; only in the response that creates it
 * @param lifetime the lifetime that the key was issued with, as an ISO 8601 duration; absent if unlimited
 * @param reason why it was revoked
 * @param renewableUntil the instant until which the holder may renew the key without an admin
 * @param rotatable whether the holder may rotate the key now
 * @param supportContact whom to ask: a mail address or a URL
 * @param history the endings of the key, newest first
 * @param advice what to do next, as text
 * @param enforcement whether a new key is in Redis yet; only in the response that creates it
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record SelfJson(
        String id,
        @Nullable String key,
        String owner,
        String name,
        String hint,
        String state,
        List<String> scopes,
        String issuedAt,
        @Nullable String expiresAt,
        @Nullable String lifetime,
        @Nullable String endedAt,
        @Nullable String reason,
        @Nullable String predecessorId,
        @Nullable String successorId,
        @Nullable String renewableUntil,
        boolean rotatable,
        @Nullable String renewUrl,
        @Nullable String supportContact,
        List<Ending> history,
        String advice,
        @Nullable String enforcement) {

    /**
     * An ending of a key.
     *
     * @param how expired, revoked or rotated
     * @param reason why it was revoked
     * @param reinstatedAt when a renewal reinstated the key
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Ending(
            String how,
            String at,
            @Nullable String reason,
            @Nullable String reinstatedAt) {
        static Ending of(BlacklistEntry entry) {
            return new Ending(
                    entry.reason().word(),
                    Rfc3339.format(entry.endedAt()),
                    entry.detail(),
                    Rfc3339.formatNullable(entry.reinstatedAt()));
        }
    }

    static SelfJson of(
            KeyRecord key,
            @Nullable Instant renewableUntil,
            boolean rotatable,
            @Nullable String renewUrl,
            ServiceIdentity service,
            List<BlacklistEntry> endings) {
        return new SelfJson(
                key.id().toString(),
                null,
                key.owner(),
                key.details().name(),
                key.hint(),
                key.state().word(),
                key.details().scopes(),
                Rfc3339.format(key.term().issuedAt()),
                Rfc3339.formatNullable(key.term().expiresAt()),
                lifetime(key.term().lifetime()),
                Rfc3339.formatNullable(key.endedAt()),
                reason(key, endings),
                text(key.predecessorId()),
                text(key.term().successorId()),
                Rfc3339.formatNullable(renewableUntil),
                rotatable,
                renewUrl,
                service.support(),
                endings.stream().map(Ending::of).toList(),
                advice(key, Rfc3339.formatNullable(renewableUntil), rotatable, renewUrl, service),
                null);
    }

    /** The same with its secret, for the response that creates the key. */
    SelfJson issued(String secret, String enforcedNow) {
        return new SelfJson(
                id,
                secret,
                owner,
                name,
                hint,
                state,
                scopes,
                issuedAt,
                expiresAt,
                lifetime,
                endedAt,
                reason,
                predecessorId,
                successorId,
                renewableUntil,
                rotatable,
                renewUrl,
                supportContact,
                history,
                advice,
                enforcedNow);
    }

    /** Rounded up to whole seconds, because the stored lifetime can be 1 ms shorter than the requested one. */
    private static @Nullable String lifetime(@Nullable Duration lifetime) {
        return lifetime == null
                ? null
                : IsoDuration.format(lifetime.plusNanos(999_999_999).truncatedTo(ChronoUnit.SECONDS));
    }

    private static @Nullable String text(@Nullable KeyId id) {
        return id == null ? null : id.toString();
    }

    private static @Nullable String reason(KeyRecord key, List<BlacklistEntry> endings) {
        return key.state() == KeyState.REVOKED && !endings.isEmpty()
                ? endings.getFirst().detail()
                : null;
    }

    private static String advice(
            KeyRecord key,
            @Nullable String renewableUntil,
            boolean rotatable,
            @Nullable String renewUrl,
            ServiceIdentity service) {
        String renew = renewableUntil != null
                ? "Renew it until " + renewableUntil + " with POST /v1/self/renew."
                : renewUrl != null ? "Renew it at " + renewUrl : service.askToRenew();
        return switch (key.state()) {
            case REVOKED -> "This key was revoked and cannot be renewed. Ask for a new one.";
            case ROTATED -> "This key was replaced. Use its successor.";
            case EXPIRED ->
                key.term().successorId() == null
                        ? "This key has expired. " + renew
                        : "This key was replaced and has expired. Use its successor.";
            case ACTIVE -> {
                if (key.term().successorId() != null) {
                    yield "This key was replaced and is accepted until its grace period ends. Use its successor."
                            + (rotatable ? " If you never received it, rotate this key again." : "");
                }
                yield key.term().expiresAt() == null
                        ? "This key is valid and has no deadline. There is nothing to do."
                        : "This key is valid. " + renew;
            }
        };
    }
}
