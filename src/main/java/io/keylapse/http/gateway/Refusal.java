package io.keylapse.http.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.keylapse.check.Verdict;
import io.keylapse.http.HeaderText;
import io.keylapse.http.Problem;
import io.keylapse.http.Rfc3339;
import io.keylapse.key.KeyId;
import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MutableHttpResponse;
import jakarta.inject.Singleton;
import java.net.URLEncoder;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Words a verdict that is not good: a problem in the body for whoever called, and the same in headers for proxies that
 * drop bodies.
 */
@Singleton
final class Refusal {
    private static final String REALM = "Bearer realm=\"keylapse\"";

    private final GatewaySettings settings;

    Refusal(GatewaySettings settings) {
        this.settings = settings;
    }

    MutableHttpResponse<?> of(HttpRequest<?> request, Verdict verdict) {
        return switch (verdict) {
            case Verdict.Good _ -> throw new IllegalArgumentException("a good key is no refusal");
            case Verdict.Missing _ ->
                unauthorized(
                        request,
                        verdict,
                        "No API key was sent. Send it in the header " + settings.keyHeader()
                                + ", or as Authorization: Bearer.",
                        REALM,
                        Map.of());
            case Verdict.Ambiguous _ ->
                invalidToken(request, verdict, "Two different API keys were sent. Send one.", Map.of());
            case Verdict.Malformed _ ->
                invalidToken(
                        request,
                        verdict,
                        "This is not an API key: its form or its checksum is wrong. Check for a typo or a missing part.",
                        Map.of());
            case Verdict.Unknown _ -> invalidToken(request, verdict, "This API key was never issued here.", Map.of());
            case Verdict.Expired expired -> expired(request, expired);
            case Verdict.Revoked revoked ->
                invalidToken(
                        request,
                        verdict,
                        "This API key was revoked on " + Rfc3339.format(revoked.endedAt())
                                + " and cannot be renewed. Ask for a new one.",
                        members(revoked.id(), "endedAt", Rfc3339.format(revoked.endedAt())));
            case Verdict.Rotated rotated -> rotated(request, rotated);
            case Verdict.ScopeMissing missing -> scopeMissing(request, missing);
            case Verdict.Unavailable _ -> {
                MutableHttpResponse<?> response = problem(
                        request,
                        verdict,
                        HttpStatus.SERVICE_UNAVAILABLE,
                        "Whether this API key is good cannot be known right now. Try again in a moment.",
                        Map.of());
                yield response.header(HttpHeaders.RETRY_AFTER, "1");
            }
        };
    }

    private MutableHttpResponse<?> expired(HttpRequest<?> request, Verdict.Expired expired) {
        String at = Rfc3339.format(expired.expiredAt());
        Map<String, String> members = members(expired.id(), "expiredAt", at);
        String renewUrl = renewUrl(expired);
        if (renewUrl != null) {
            members.put("renewUrl", renewUrl);
        }
        String next = renewUrl == null ? "Ask whoever issued it to renew it." : "Renew it at " + renewUrl;
        MutableHttpResponse<?> response =
                invalidToken(request, expired, "This API key expired on " + at + ". " + next, members);
        response.header("X-Key-Expired-At", at);
        if (renewUrl != null) {
            response.header("X-Key-Renew-Url", HeaderText.encode(renewUrl));
        }
        return response;
    }

    private static MutableHttpResponse<?> rotated(HttpRequest<?> request, Verdict.Rotated rotated) {
        String at = Rfc3339.format(rotated.endedAt());
        Map<String, String> members = members(rotated.id(), "endedAt", at);
        KeyId successor = rotated.successor();
        if (successor != null) {
            members.put("successorId", successor.toString());
        }
        return invalidToken(
                request,
                rotated,
                "This API key was replaced by another, and ended on " + at + ". Use its successor.",
                members);
    }

    private static MutableHttpResponse<?> scopeMissing(HttpRequest<?> request, Verdict.ScopeMissing missing) {
        String demanded = String.join(" ", missing.demanded());
        MutableHttpResponse<?> response = problem(
                request,
                missing,
                HttpStatus.FORBIDDEN,
                "This API key is good, but lacks a scope that is needed here: " + demanded + ".",
                Map.of("keyId", missing.id().toString()));
        return response.header(
                HttpHeaders.WWW_AUTHENTICATE, REALM + ", error=\"insufficient_scope\", scope=\"" + demanded + "\"");
    }

    private static MutableHttpResponse<?> invalidToken(
            HttpRequest<?> request, Verdict verdict, String detail, Map<String, String> members) {
        // Visible ASCII without quotes and backslashes, as RFC 6750 wants it.
        String description = detail.replace("\"", "").replace("\\", "").replaceAll("[^\\x20-\\x7E]", "?");
        return unauthorized(
                request,
                verdict,
                detail,
                REALM + ", error=\"invalid_token\", error_description=\"" + description + "\"",
                members);
    }

    private static MutableHttpResponse<?> unauthorized(
            HttpRequest<?> request, Verdict verdict, String detail, String challenge, Map<String, String> members) {
        return problem(request, verdict, HttpStatus.UNAUTHORIZED, detail, members)
                .header(HttpHeaders.WWW_AUTHENTICATE, challenge);
    }

    private static MutableHttpResponse<?> problem(
            HttpRequest<?> request, Verdict verdict, HttpStatus status, String detail, Map<String, String> members) {
        MutableHttpResponse<?> response = Problem.of(request, status, verdict.code(), detail, null, members)
                .response()
                .header("X-Key-Code", verdict.code());
        String keyId = members.get("keyId");
        return keyId == null ? response : response.header("X-Key-Id", keyId);
    }

    private static Map<String, String> members(KeyId id, String name, String value) {
        var members = new LinkedHashMap<String, String>();
        members.put("keyId", id.toString());
        members.put(name, value);
        return members;
    }

    private @Nullable String renewUrl(Verdict.Expired expired) {
        String template = settings.renewUrl();
        return template == null
                ? null
                : template.replace("{keyId}", expired.id().toString())
                        // A space is + only in queries, and %20 everywhere.
                        .replace(
                                "{owner}",
                                URLEncoder.encode(expired.owner(), UTF_8).replace("+", "%20"));
    }
}
