package io.keylapse.http.gateway;

import io.keylapse.check.Verdict;
import io.keylapse.http.HeaderText;
import io.keylapse.http.Problem;
import io.keylapse.key.KeyId;
import io.keylapse.key.RenewUrl;
import io.keylapse.key.RenewalWindow;
import io.keylapse.key.ServiceIdentity;
import io.keylapse.key.input.InvalidInputException;
import io.keylapse.key.input.Rfc3339;
import io.keylapse.registry.watch.PostgresClock;
import io.micronaut.http.HttpStatus;
import io.micronaut.json.JsonMapper;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.util.AsciiString;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The response for a verdict other than valid. It carries a problem in the body, and the same facts in headers for proxies
 * that drop bodies.
 */
@Singleton
final class Refusal {
    private static final AsciiString WWW_AUTHENTICATE = AsciiString.cached("WWW-Authenticate");
    private static final AsciiString RETRY_AFTER = AsciiString.cached("Retry-After");
    private static final AsciiString X_CONTENT_TYPE_OPTIONS = AsciiString.cached("X-Content-Type-Options");
    private static final AsciiString NOSNIFF = AsciiString.cached("nosniff");
    private static final AsciiString X_KEY_CODE = AsciiString.cached("X-Key-Code");
    private static final AsciiString X_KEY_ID = AsciiString.cached("X-Key-Id");
    private static final AsciiString X_KEY_EXPIRED_AT = AsciiString.cached("X-Key-Expired-At");
    private static final AsciiString X_KEY_RENEW_URL = AsciiString.cached("X-Key-Renew-Url");

    private final GatewaySettings settings;
    private final String challenge;
    private final PresentedKey presentedKey;
    private final RenewUrl renewUrls;
    private final RenewalWindow renewal;
    private final ServiceIdentity service;
    private final PostgresClock clock;
    private final JsonMapper json;
    private final Map<String, Answer> kept = new ConcurrentHashMap<>();

    Refusal(
            GatewaySettings settings,
            PresentedKey presentedKey,
            RenewUrl renewUrls,
            RenewalWindow renewal,
            ServiceIdentity service,
            PostgresClock clock,
            JsonMapper json) {
        this.settings = settings;
        this.challenge = "Bearer realm=\"" + settings.realm() + "\"";
        this.presentedKey = presentedKey;
        this.renewUrls = renewUrls;
        this.renewal = renewal;
        this.service = service;
        this.clock = clock;
        this.json = json;
    }

    Answer of(Question question, Verdict verdict) {
        return isSameForEveryKey(verdict)
                        && question.instance(settings.instance()).equals(Question.PATH)
                ? kept.computeIfAbsent(verdict.code() + hint(question, verdict), _ -> make(question, verdict))
                : make(question, verdict);
    }

    /** Cached, because a flood of invalid keys gets these responses, and making one costs more than the check. */
    private static boolean isSameForEveryKey(Verdict verdict) {
        return verdict instanceof Verdict.Malformed
                || verdict instanceof Verdict.Unknown
                || verdict instanceof Verdict.Missing
                || verdict instanceof Verdict.Unavailable;
    }

    /** What else to say to a caller whose key cannot be found or read; empty for other verdicts. */
    private String hint(Question question, Verdict verdict) {
        return verdict instanceof Verdict.Malformed || verdict instanceof Verdict.Missing
                ? presentedKey.hint(question)
                : "";
    }

    private Answer make(Question question, Verdict verdict) {
        return switch (verdict) {
            case Verdict.Good _ -> throw new IllegalArgumentException("a valid key is not refused");
            case Verdict.Missing _ ->
                unauthorized(
                        question,
                        verdict,
                        "No API key was sent. Send it in the header " + settings.keyHeader()
                                + ", or as Authorization: Bearer." + hint(question, verdict),
                        challenge,
                        Map.of());
            case Verdict.Ambiguous _ ->
                invalidToken(question, verdict, "Two different API keys were sent. Send only one.", Map.of());
            case Verdict.Malformed _ ->
                invalidToken(
                        question,
                        verdict,
                        "This is not a valid API key: its format or checksum is wrong. Check for a typo or a missing part."
                                + hint(question, verdict),
                        Map.of());
            case Verdict.Unknown _ ->
                invalidToken(
                        question,
                        verdict,
                        "This API key is unknown. Check that it was issued by this service.",
                        Map.of());
            case Verdict.Expired expired -> expired(question, expired);
            case Verdict.Revoked revoked ->
                invalidToken(
                        question,
                        verdict,
                        "This API key was revoked on " + Rfc3339.format(revoked.endedAt())
                                + " and cannot be renewed. Ask for a new one.",
                        members(revoked.id(), "endedAt", Rfc3339.format(revoked.endedAt())));
            case Verdict.Rotated rotated -> rotated(question, rotated);
            case Verdict.ScopeMissing missing -> scopeMissing(question, missing);
            case Verdict.Unavailable _ ->
                refused(
                        question,
                        verdict,
                        HttpStatus.SERVICE_UNAVAILABLE,
                        "This API key cannot be checked right now. Try again in a second.",
                        Map.of(),
                        RETRY_AFTER,
                        "1");
        };
    }

    /** The request is invalid. */
    Answer invalid(Question question, InvalidInputException invalid) {
        return problem(Problem.of(question.instance(settings.instance()), invalid));
    }

    /** The check failed because of a fault in Keylapse. */
    Answer failed(Question question) {
        return problem(Problem.internalError(question.instance(settings.instance())));
    }

    /** A listener for gateways serves nothing there. */
    Answer nowhere(Question request) {
        // A target may also be an absolute URI, an authority or an asterisk.
        return problem(Problem.of(
                request.path().startsWith("/") ? request.path() : "/",
                HttpStatus.NOT_FOUND,
                "NOT_FOUND",
                "This listener serves only /check, /health/liveness and /health/readiness.",
                null,
                Map.of()));
    }

    private Answer expired(Question question, Verdict.Expired expired) {
        String at = Rfc3339.format(expired.expiredAt());
        Map<String, String> members = members(expired.id(), "expiredAt", at);
        var headers = new ArrayList<CharSequence>(List.of(X_KEY_EXPIRED_AT, at));
        boolean isReplaced = expired.successor() != null;
        boolean isRenewable = !isReplaced && renewal.isOpen(expired.expiredAt(), clock.instant());
        String renewUrl =
                renewUrls.of(expired.id(), expired.owner(), isRenewable).orElse(null);
        String advice;
        if (renewUrl != null) {
            members.put("renewUrl", renewUrl);
            headers.addAll(List.of(X_KEY_RENEW_URL, HeaderText.encode(renewUrl)));
            advice = "Renew it at " + renewUrl;
        } else {
            advice = isReplaced ? "It was replaced and cannot be renewed. Use its successor." : service.askToRenew();
        }
        String detail = "This API key expired on " + at + ". " + advice;
        return invalidToken(question, expired, detail, members, headers.toArray(CharSequence[]::new));
    }

    private Answer rotated(Question question, Verdict.Rotated rotated) {
        String at = Rfc3339.format(rotated.endedAt());
        Map<String, String> members = members(rotated.id(), "endedAt", at);
        KeyId successor = rotated.successor();
        if (successor != null) {
            members.put("successorId", successor.toString());
        }
        return invalidToken(
                question, rotated, "This API key was replaced and ended on " + at + ". Use its successor.", members);
    }

    private Answer scopeMissing(Question question, Verdict.ScopeMissing missing) {
        String demanded = String.join(" ", missing.demanded());
        return refused(
                question,
                missing,
                HttpStatus.FORBIDDEN,
                "This API key is valid but lacks a required scope. Required: " + demanded + ".",
                Map.of("keyId", missing.id().toString()),
                WWW_AUTHENTICATE,
                challenge + ", error=\"insufficient_scope\", scope=\"" + demanded + "\"");
    }

    private Answer invalidToken(
            Question question, Verdict verdict, String detail, Map<String, String> members, CharSequence... more) {
        // Printable ASCII without quotes and backslashes, as RFC 6750 requires.
        String description = detail.replace("\"", "").replace("\\", "").replaceAll("[^\\x20-\\x7E]", "?");
        return unauthorized(
                question,
                verdict,
                detail,
                challenge + ", error=\"invalid_token\", error_description=\"" + description + "\"",
                members,
                more);
    }

    private Answer unauthorized(
            Question question,
            Verdict verdict,
            String detail,
            String challenge,
            Map<String, String> members,
            CharSequence... more) {
        var headers = new ArrayList<CharSequence>(List.of(WWW_AUTHENTICATE, challenge));
        headers.addAll(List.of(more));
        return refused(
                question, verdict, HttpStatus.UNAUTHORIZED, detail, members, headers.toArray(CharSequence[]::new));
    }

    private Answer refused(
            Question question,
            Verdict verdict,
            HttpStatus status,
            String detail,
            Map<String, String> members,
            CharSequence... more) {
        var headers = new ArrayList<CharSequence>(List.of(X_KEY_CODE, verdict.code()));
        String keyId = members.get("keyId");
        if (keyId != null) {
            headers.addAll(List.of(X_KEY_ID, keyId));
        }
        headers.addAll(List.of(more));
        return problem(
                Problem.of(question.instance(settings.instance()), status, verdict.code(), detail, null, members),
                headers.toArray(CharSequence[]::new));
    }

    private Answer problem(Problem problem, CharSequence... more) {
        var headers = new ArrayList<CharSequence>(List.of(
                HttpHeaderNames.CONTENT_TYPE,
                "application/problem+json",
                GoodAnswers.CACHE_CONTROL,
                GoodAnswers.NO_STORE,
                X_CONTENT_TYPE_OPTIONS,
                NOSNIFF));
        headers.addAll(List.of(more));
        try {
            return new Answer(HttpStatus.valueOf(problem.status()), headers, json.writeValueAsString(problem));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The members of a problem with an ended key. */
    private Map<String, String> members(KeyId id, String name, String value) {
        var members = new LinkedHashMap<String, String>();
        members.put("keyId", id.toString());
        members.put(name, value);
        if (service.support() != null) {
            members.put("supportContact", service.support());
        }
        return members;
    }
}
