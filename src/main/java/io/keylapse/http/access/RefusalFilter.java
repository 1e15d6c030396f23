package io.keylapse.http.access;

import io.keylapse.audit.Refusals;
import io.keylapse.http.Problem;
import io.keylapse.key.input.PlainText;
import io.keylapse.registry.audit.Actor;
import io.keylapse.registry.audit.AuditAction;
import io.keylapse.security.ClientNetwork;
import io.micronaut.core.order.Ordered;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MutableHttpResponse;
import io.micronaut.http.annotation.ResponseFilter;
import io.micronaut.http.annotation.ServerFilter;
import io.micronaut.http.filter.ServerFilterPhase;
import io.micronaut.web.router.RouteAttributes;
import io.micronaut.web.router.RouteMatch;
import io.micronaut.web.router.UriRouteInfo;
import java.net.InetAddress;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Puts the {@link RequestId} into responses, and has refused calls recorded: those without a valid credential, those that
 * the caller's role does not allow, and all other client errors of a call that would have changed something.
 */
@ServerFilter(ServerFilter.MATCH_ALL_PATTERN)
final class RefusalFilter implements Ordered {
    private static final Pattern ID = Pattern.compile("[a-z]{2,5}_[0-9A-Za-z]{22}");
    /** A key or a management key in a path, by mistake. */
    private static final Pattern SECRET = Pattern.compile("_[0-9A-Za-z]{36}");

    private static final int MAX_OWNER_CHARACTERS = 200;

    private final Refusals refusals;
    private final ClientAddress clientAddress;

    RefusalFilter(Refusals refusals, ClientAddress clientAddress) {
        this.refusals = refusals;
        this.clientAddress = clientAddress;
    }

    @ResponseFilter
    void record(HttpRequest<?> request, MutableHttpResponse<?> response) {
        String id = RequestId.of(request);
        if (id == null) {
            return;
        }
        response.getHeaders().set(RequestId.HEADER, id);
        int status = response.code();
        if (status < 400 || status >= 500) {
            return;
        }
        Actor actor = ManagementGate.actor(request).orElse(null);
        if (actor != null) {
            record(request, actor, status, code(response));
        } else if (status == HttpStatus.UNAUTHORIZED.getCode() || status == HttpStatus.TOO_MANY_REQUESTS.getCode()) {
            InetAddress address = clientAddress.of(request);
            refusals.addStranger(ClientNetwork.of(address), address.getHostAddress(), id, code(response));
        }
    }

    /** Before the gate, which also sends responses. */
    @Override
    public int getOrder() {
        return ServerFilterPhase.SECURITY.before() + 2;
    }

    private void record(HttpRequest<?> request, Actor actor, int status, String code) {
        RouteMatch<?> route = RouteAttributes.getRouteMatch(request).orElse(null);
        Optional<AuditAction> action = route == null
                ? Optional.empty()
                : route.getAnnotationMetadata().enumValue(Audited.class, AuditAction.class);
        if (action.isPresent()) {
            refusals.add(actor, action.get(), target(request, route), code);
        } else if (status == HttpStatus.FORBIDDEN.getCode()) {
            refusals.add(actor, AuditAction.READ, template(request), code);
        }
    }

    /** What the call would have changed; null if the path does not name it in a valid form. */
    private static @Nullable String target(HttpRequest<?> request, @Nullable RouteMatch<?> route) {
        Object id = route == null ? null : route.getVariableValues().get("id");
        if (id != null) {
            return ID.matcher(id.toString()).matches() ? id.toString() : null;
        }
        Object owner = route == null ? null : route.getVariableValues().get("owner");
        if (owner != null) {
            String text = owner.toString();
            return PlainText.complaint(text, MAX_OWNER_CHARACTERS).isPresent()
                            || SECRET.matcher(text).find()
                    ? null
                    : text;
        }
        return ManagementGate.holder(request).map(Object::toString).orElse(null);
    }

    /** The route without the values of its variables; null if there is no route. */
    private static @Nullable String template(HttpRequest<?> request) {
        return RouteAttributes.getRouteInfo(request)
                .filter(UriRouteInfo.class::isInstance)
                .map(info -> ((UriRouteInfo<?, ?>) info).getUriMatchTemplate().toPathString())
                .orElse(null);
    }

    /** The error code of a response. Refusals of a holder's key are like those of {@code /check}. */
    private static String code(MutableHttpResponse<?> response) {
        return response.body() instanceof Problem problem
                ? problem.code()
                : Optional.ofNullable(response.getHeaders().get("X-Key-Code")).orElse("HTTP_" + response.code());
    }
}
