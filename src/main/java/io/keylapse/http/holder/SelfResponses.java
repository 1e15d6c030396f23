package io.keylapse.http.holder;

import io.keylapse.blacklist.BlacklistFilter;
import io.keylapse.blacklist.BlacklistHistory;
import io.keylapse.blacklist.PageSize;
import io.keylapse.http.Problem;
import io.keylapse.key.KeyId;
import io.keylapse.key.RenewUrl;
import io.keylapse.key.ServiceIdentity;
import io.keylapse.lifecycle.ChangeOutcome;
import io.keylapse.lifecycle.RotateKey;
import io.keylapse.lifecycle.rules.SelfRenewal;
import io.keylapse.registry.KeyRecord;
import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MutableHttpResponse;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** The HTTP responses to key holders: their key, what they may do with it, or why they may not. */
@Singleton
final class SelfResponses {
    /** Endings of one key that its holder sees, newest first. */
    private static final PageSize ENDINGS = PageSize.ofRows(20);

    private final RotateKey rotateKey;
    private final SelfRenewal selfRenewal;
    private final RenewUrl renewUrl;
    private final ServiceIdentity service;
    private final BlacklistHistory history;

    SelfResponses(
            RotateKey rotateKey,
            SelfRenewal selfRenewal,
            RenewUrl renewUrl,
            ServiceIdentity service,
            BlacklistHistory history) {
        this.rotateKey = rotateKey;
        this.selfRenewal = selfRenewal;
        this.renewUrl = renewUrl;
        this.service = service;
        this.history = history;
    }

    HttpResponse<?> show(KeyRecord key) {
        return HttpResponse.ok(view(key));
    }

    /** A link does not allow rotation. */
    MutableHttpResponse<?> showToLink(KeyRecord key) {
        return HttpResponse.ok(view(key, false));
    }

    HttpResponse<?> toRenewal(HttpRequest<?> request, ChangeOutcome outcome) {
        return switch (outcome) {
            case ChangeOutcome.Done done -> show(done.key());
            case ChangeOutcome.NotAllowed(KeyRecord key) ->
                refused(
                        request,
                        HttpStatus.FORBIDDEN,
                        "SELF_RENEWAL_NOT_ALLOWED",
                        "You cannot renew this key yourself at the moment. "
                                + view(key).advice(),
                        key);
            default -> gone(request);
        };
    }

    HttpResponse<?> toRotation(HttpRequest<?> request, ChangeOutcome outcome) {
        return switch (outcome) {
            case ChangeOutcome.Issued issued ->
                HttpResponse.created(view(issued.key())
                        .issued(issued.secret().reveal(), issued.enforcement().word()));
            case ChangeOutcome.NotAllowed(KeyRecord key) ->
                refused(
                        request,
                        HttpStatus.FORBIDDEN,
                        "SELF_ROTATION_NOT_ALLOWED",
                        "You cannot rotate this key yourself. Ask its issuer for a new one.",
                        key);
            case ChangeOutcome.Ended(KeyRecord key) ->
                refused(
                        request,
                        HttpStatus.CONFLICT,
                        "KEY_ENDED",
                        "This key cannot be rotated. " + view(key).advice(),
                        key);
            case ChangeOutcome.TooMany tooMany ->
                refused(
                                request,
                                HttpStatus.TOO_MANY_REQUESTS,
                                "TOO_MANY_ROTATIONS",
                                "This key was rotated too often in the last 24 hours. Try again later.",
                                tooMany.key())
                        .header(
                                HttpHeaders.RETRY_AFTER,
                                Long.toString(tooMany.retryAfter().toSeconds() + 1));
            default -> gone(request);
        };
    }

    HttpResponse<?> toRevocation(HttpRequest<?> request, ChangeOutcome outcome) {
        return outcome instanceof ChangeOutcome.Done done ? show(done.key()) : gone(request);
    }

    static HttpResponse<?> gone(HttpRequest<?> request) {
        return Problem.of(request, HttpStatus.NOT_FOUND, "NOT_FOUND", "There is no such key.")
                .response();
    }

    private SelfJson view(KeyRecord key) {
        return view(key, rotateKey.isAllowedToHolder(key));
    }

    private SelfJson view(KeyRecord key, boolean rotatable) {
        Optional<Instant> renewableUntil = selfRenewal.until(key);
        var ofKey = new BlacklistFilter(null, key.id(), null, null, null);
        return SelfJson.of(
                key,
                renewableUntil.orElse(null),
                rotatable,
                renewUrl.of(key.id(), key.owner(), renewableUntil.isPresent()).orElse(null),
                service,
                history.newestFirst(ofKey, null, ENDINGS).items());
    }

    private static MutableHttpResponse<?> refused(
            HttpRequest<?> request, HttpStatus status, String code, String detail, KeyRecord key) {
        var members = new LinkedHashMap<String, String>();
        members.put("keyId", key.id().toString());
        members.put("state", key.state().word());
        KeyId successor = key.term().successorId();
        if (successor != null) {
            members.put("successorId", successor.toString());
        }
        return Problem.of(request, status, code, detail, null, Map.copyOf(members))
                .response();
    }
}
