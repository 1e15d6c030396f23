package io.keylapse.http.access;

import io.keylapse.http.Problem;
import io.keylapse.http.RequestTarget;
import io.keylapse.http.access.audience.Audience;
import io.keylapse.http.gateway.Identification;
import io.keylapse.http.gateway.Identification.Identity;
import io.keylapse.key.KeyId;
import io.keylapse.registry.audit.Actor;
import io.keylapse.registry.sql.lane.ConnectionLanes;
import io.keylapse.registry.sql.lane.PostgresLane;
import io.keylapse.security.Access;
import io.keylapse.security.Caller;
import io.keylapse.security.Gatekeeper;
import io.keylapse.security.management.Permission;
import io.keylapse.security.management.Role;
import io.micronaut.core.order.Ordered;
import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MutableHttpResponse;
import io.micronaut.http.annotation.RequestFilter;
import io.micronaut.http.annotation.ResponseFilter;
import io.micronaut.http.annotation.ServerFilter;
import io.micronaut.http.filter.ServerFilterPhase;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import io.micronaut.web.router.RouteAttributes;
import io.micronaut.web.router.resource.StaticResourceResolver;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Authentication and authorization for all routes, before the body of a request is read.
 *
 * <p>It decides by the route that the router has matched, never by the path, because the router accepts more than one
 * spelling of a path. A route that declares no audience is closed.
 */
@ServerFilter(ServerFilter.MATCH_ALL_PATTERN)
public final class ManagementGate implements Ordered {
    private static final String CALLER = "keylapse.caller";
    private static final String HOLDER = "keylapse.holder";
    private static final String ACTOR = "keylapse.actor";
    private static final String BEARER = "bearer ";
    /** Below this path, only authenticated callers learn whether a path exists. */
    private static final Pattern MANAGEMENT = Pattern.compile("/+v1(/.*)?");
    /** Below this path are the calls of key holders, who have no management key. */
    private static final Pattern HOLDERS = Pattern.compile("/+v1/self(/.*)?");

    private final Gatekeeper gatekeeper;
    private final ClientAddress clientAddress;
    private final Identification identification;
    private final StaticResourceResolver files;

    ManagementGate(
            Gatekeeper gatekeeper,
            ClientAddress clientAddress,
            Identification identification,
            StaticResourceResolver files) {
        this.gatekeeper = gatekeeper;
        this.clientAddress = clientAddress;
        this.identification = identification;
        this.files = files;
    }

    /** The caller of a request that passed the gate. */
    public static Caller callerOf(HttpRequest<?> request) {
        return request.getAttribute(CALLER, Caller.class)
                .orElseThrow(() -> new IllegalStateException("the request did not pass the gate"));
    }

    /** The API key of a request that passed the gate on a route for key holders. */
    public static KeyId holderOf(HttpRequest<?> request) {
        return holder(request).orElseThrow(() -> new IllegalStateException("the request did not pass the gate"));
    }

    /** The API key of a request for key holders; empty if it did not pass the gate. */
    static Optional<KeyId> holder(HttpRequest<?> request) {
        return request.getAttribute(HOLDER, KeyId.class);
    }

    /** Who makes a request that passed the gate. */
    public static Actor actorOf(HttpRequest<?> request) {
        return actor(request).orElseThrow(() -> new IllegalStateException("the request did not pass the gate"));
    }

    /** The actor of a request that carries a link from a mail about this key. Such requests need no credential. */
    public static Actor actorByLink(HttpRequest<?> request, KeyId key, InetAddress address) {
        Actor actor = Actor.link(key, address.getHostAddress(), RequestId.of(request));
        request.setAttribute(ACTOR, actor);
        return actor;
    }

    /** Who makes a request; empty if it has no valid credential, or needs none. */
    static Optional<Actor> actor(HttpRequest<?> request) {
        return request.getAttribute(ACTOR, Actor.class);
    }

    @RequestFilter
    @ExecuteOn(TaskExecutors.BLOCKING)
    @Nullable
    HttpResponse<?> admit(HttpRequest<?> request) {
        Audience audience = audience(request);
        if (!(audience instanceof Audience.Anybody)
                || MANAGEMENT.matcher(request.getPath()).matches()) {
            RequestId.assign(request);
        }
        return switch (audience) {
            case Audience.Anybody _ -> null;
            case Audience.Holders _ -> admitHolder(request);
            // A check must not wait for connections behind management calls, not even to authenticate its caller.
            case Audience.Callers callers
            when callers.needed() == Permission.CHECK_KEYS ->
                ConnectionLanes.in(PostgresLane.CHECKS, () -> admitCaller(request, callers::includes));
            case Audience.Callers callers -> admitCaller(request, callers::includes);
            case Audience.Nobody _ -> admitCaller(request, _ -> false);
        };
    }

    /** Responses may contain secrets, and are soon out of date. */
    @ResponseFilter
    void forbidCaching(HttpRequest<?> request, MutableHttpResponse<?> response) {
        if (!(audience(request) instanceof Audience.Anybody)) {
            response.getHeaders().set(HttpHeaders.CACHE_CONTROL, "no-store");
        }
    }

    /** After {@code CheckFilter}, and before everything that could reveal information. */
    @Override
    public int getOrder() {
        return ServerFilterPhase.SECURITY.order();
    }

    private Audience audience(HttpRequest<?> request) {
        return RouteAttributes.getRouteMatch(request)
                .map(route -> Audience.of(route.getRouteInfo()))
                .orElseGet(() -> withoutRoute(request));
    }

    /** Without a route the router answers 404 or 405, unless Micronaut is configured to serve a static file there. */
    private Audience withoutRoute(HttpRequest<?> request) {
        if (files.resolve(request.getUri().getPath()).isPresent()) {
            return new Audience.Nobody();
        }
        String path = request.getPath();
        return MANAGEMENT.matcher(path).matches() && !HOLDERS.matcher(path).matches()
                ? new Audience.Callers(null)
                : new Audience.Anybody();
    }

    private @Nullable HttpResponse<?> admitHolder(HttpRequest<?> request) {
        return switch (identification.of(request)) {
            case Identity.Known(KeyId id) -> {
                request.setAttribute(HOLDER, id);
                request.setAttribute(ACTOR, Actor.holder(id, address(request), RequestId.of(request)));
                yield null;
            }
            case Identity.Refused(HttpResponse<?> response) -> response;
        };
    }

    private @Nullable HttpResponse<?> admitCaller(HttpRequest<?> request, Predicate<Role> isAllowed) {
        return switch (gatekeeper.admit(credential(request), clientAddress.of(request))) {
            case Access.Granted(Caller caller) -> {
                request.setAttribute(
                        ACTOR, Actor.of(caller.id(), caller.name(), address(request), RequestId.of(request)));
                if (!isAllowed.test(caller.role())) {
                    yield forbidden(request, caller);
                }
                TargetEncoding.check(RequestTarget.of(request));
                request.setAttribute(CALLER, caller);
                yield null;
            }
            case Access.Missing _ ->
                unauthorized(
                        request,
                        "CREDENTIAL_MISSING",
                        "A management key is required. Send it as Authorization: Bearer.",
                        "Bearer realm=\"keylapse management\"");
            case Access.Refused _ ->
                unauthorized(
                        request,
                        "CREDENTIAL_INVALID",
                        "This management key is invalid or has expired. Ask an admin for a new one. KEYLAPSE_ADMIN_KEY"
                                + " holds the first one; without it, dev writes one to data/admin-key.",
                        "Bearer realm=\"keylapse management\", error=\"invalid_token\"");
            case Access.Limited(Duration retryAfter) ->
                Problem.of(
                                request,
                                HttpStatus.TOO_MANY_REQUESTS,
                                "TOO_MANY_BAD_CREDENTIALS",
                                "Too many invalid management keys came from this address. A valid one is still accepted.")
                        .response()
                        .header(HttpHeaders.RETRY_AFTER, Long.toString(retryAfter.toSeconds() + 1));
        };
    }

    private String address(HttpRequest<?> request) {
        return clientAddress.of(request).getHostAddress();
    }

    private static @Nullable String credential(HttpRequest<?> request) {
        String header = request.getHeaders().get(HttpHeaders.AUTHORIZATION);
        return header != null && header.regionMatches(true, 0, BEARER, 0, BEARER.length())
                ? header.substring(BEARER.length()).strip()
                : null;
    }

    private static HttpResponse<?> forbidden(HttpRequest<?> request, Caller caller) {
        return Problem.of(
                        request,
                        HttpStatus.FORBIDDEN,
                        "ROLE_NOT_ENOUGH",
                        "A management key with the role " + caller.role().word() + " is not allowed to do this.")
                .response();
    }

    private static HttpResponse<?> unauthorized(HttpRequest<?> request, String code, String detail, String challenge) {
        return Problem.of(request, HttpStatus.UNAUTHORIZED, code, detail)
                .response()
                .header(HttpHeaders.WWW_AUTHENTICATE, challenge);
    }
}
