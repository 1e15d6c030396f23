package io.keylapse.http.access;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.keylapse.http.Problem;
import io.keylapse.key.input.InvalidInputException;
import io.keylapse.security.Access;
import io.keylapse.security.Caller;
import io.keylapse.security.Gatekeeper;
import io.keylapse.security.Permission;
import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MutableHttpResponse;
import io.micronaut.http.annotation.RequestFilter;
import io.micronaut.http.annotation.ResponseFilter;
import io.micronaut.http.annotation.ServerFilter;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import io.micronaut.web.router.RouteAttributes;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Stands before the management API: who is it, and may they? */
@ServerFilter({"/v1/**", "/introspect", "/revoke"})
public final class ManagementGate {
    private static final String CALLER = "keylapse.caller";
    private static final String BEARER = "bearer ";

    private final Gatekeeper gatekeeper;
    private final ClientAddress clientAddress;

    ManagementGate(Gatekeeper gatekeeper, ClientAddress clientAddress) {
        this.gatekeeper = gatekeeper;
        this.clientAddress = clientAddress;
    }

    /** Whoever made this request, which passed the gate. */
    public static Caller callerOf(HttpRequest<?> request) {
        return request.getAttribute(CALLER, Caller.class)
                .orElseThrow(() -> new IllegalStateException("the request did not pass the gate"));
    }

    @RequestFilter
    @ExecuteOn(TaskExecutors.BLOCKING)
    @Nullable
    HttpResponse<?> admit(HttpRequest<?> request) {
        if (isForHolders(request)) {
            return null;
        }
        return switch (gatekeeper.admit(credential(request), clientAddress.of(request))) {
            case Access.Granted(Caller caller) -> {
                if (!isAllowed(request, caller)) {
                    yield forbidden(request, caller);
                }
                checkEncoding(request.getUri());
                request.setAttribute(CALLER, caller);
                yield null;
            }
            case Access.Missing _ ->
                unauthorized(
                        request,
                        "CREDENTIAL_MISSING",
                        "This needs a management key. Send it as Authorization: Bearer.",
                        "Bearer realm=\"keylapse management\"");
            case Access.Refused _ ->
                unauthorized(
                        request,
                        "CREDENTIAL_INVALID",
                        "This is not a management key, or no longer one.",
                        "Bearer realm=\"keylapse management\", error=\"invalid_token\"");
            case Access.Limited(Duration retryAfter) ->
                Problem.of(
                                request,
                                HttpStatus.TOO_MANY_REQUESTS,
                                "TOO_MANY_BAD_CREDENTIALS",
                                "Too many bad credentials came from this address. A good one is still accepted.")
                        .response()
                        .header(HttpHeaders.RETRY_AFTER, Long.toString(retryAfter.toSeconds() + 1));
        };
    }

    /** What it answers may hold secrets, and changes from one moment to the next. */
    @ResponseFilter
    void forbidCaching(MutableHttpResponse<?> response) {
        response.getHeaders().set(HttpHeaders.CACHE_CONTROL, "no-store");
    }

    private static @Nullable String credential(HttpRequest<?> request) {
        String header = request.getHeaders().get(HttpHeaders.AUTHORIZATION);
        return header != null && header.regionMatches(true, 0, BEARER, 0, BEARER.length())
                ? header.substring(BEARER.length()).strip()
                : null;
    }

    /** Whoever holds an API key shows that, and asks about nothing but it. */
    private static boolean isForHolders(HttpRequest<?> request) {
        return RouteAttributes.getRouteMatch(request)
                .map(route -> route.getAnnotationMetadata().hasAnnotation(ForHolders.class))
                .orElse(false);
    }

    private static boolean isAllowed(HttpRequest<?> request, Caller caller) {
        // No route: let the router say 404 or 405, now that it is known that the caller is one of us.
        return RouteAttributes.getRouteMatch(request)
                .map(route -> {
                    Optional<Permission> needed =
                            route.getAnnotationMetadata().enumValue(Needs.class, Permission.class);
                    return needed.map(caller.role()::may)
                            .orElseGet(() -> route.getAnnotationMetadata().hasAnnotation(ForAnyRole.class));
                })
                .orElse(true);
    }

    /** What is not UTF-8 would be decoded to U+FFFD, and so find, or revoke, something else than was asked for. */
    private static void checkEncoding(URI uri) {
        var violations = new InvalidInputException.Collector();
        if (!isUtf8(uri.getRawPath())) {
            violations.add("path", "must be percent-encoded UTF-8");
        }
        if (!isUtf8(uri.getRawQuery())) {
            violations.add("query", "must be percent-encoded UTF-8");
        }
        violations.throwIfAny();
    }

    private static boolean isUtf8(@Nullable String encoded) {
        if (encoded == null) {
            return true;
        }
        var bytes = new ByteArrayOutputStream(encoded.length());
        for (int i = 0; i < encoded.length(); i++) {
            char c = encoded.charAt(i);
            if (c > 0x7F) {
                return false;
            }
            // java.net.URI has seen to it that two digits follow.
            bytes.write(c == '%' ? Integer.parseInt(encoded, ++i, ++i + 1, 16) : c);
        }
        try {
            UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes.toByteArray()));
            return true;
        } catch (CharacterCodingException e) {
            return false;
        }
    }

    private static HttpResponse<?> forbidden(HttpRequest<?> request, Caller caller) {
        return Problem.of(
                        request,
                        HttpStatus.FORBIDDEN,
                        "ROLE_NOT_ENOUGH",
                        "A management key of role " + caller.role().word() + " may not do this.")
                .response();
    }

    private static HttpResponse<?> unauthorized(HttpRequest<?> request, String code, String detail, String challenge) {
        return Problem.of(request, HttpStatus.UNAUTHORIZED, code, detail)
                .response()
                .header(HttpHeaders.WWW_AUTHENTICATE, challenge);
    }
}
