package io.keylapse.http.access.audience;

import io.keylapse.security.management.Permission;
import io.keylapse.security.management.Role;
import io.micronaut.configuration.metrics.micrometer.prometheus.management.PrometheusEndpoint;
import io.micronaut.core.annotation.AnnotationMetadata;
import io.micronaut.management.endpoint.health.HealthEndpoint;
import io.micronaut.web.router.RouteInfo;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Who may use a route. The route itself decides, so that every spelling of its path has the same audience. */
public sealed interface Audience {
    /**
     * Micronaut's own endpoints that are open. They cannot carry our annotations; Micronaut's other endpoints are closed.
     */
    Set<Class<?>> OPEN_ENDPOINTS = Set.of(HealthEndpoint.class, PrometheusEndpoint.class);

    /** Everyone, without a credential. */
    record Anybody() implements Audience {}

    /** Callers with an API key that was issued here, active or not. */
    record Holders() implements Audience {}

    /**
     * Callers with a management key whose role is sufficient.
     *
     * @param needed what the role must include; null when any role will do
     */
    record Callers(@Nullable Permission needed) implements Audience {
        /** Whether a caller in that role may use the route. */
        public boolean includes(Role role) {
            return needed == null || role.may(needed);
        }
    }

    /** Nobody. */
    record Nobody() implements Audience {}

    /** The audience of this route. If it declares several, the strictest counts; if it declares none, it is closed. */
    static Audience of(RouteInfo<?> route) {
        AnnotationMetadata declared = route.getAnnotationMetadata();
        if (declared.hasAnnotation(Needs.class)) {
            Optional<Permission> needed = declared.enumValue(Needs.class, Permission.class);
            return needed.<Audience>map(Callers::new).orElseGet(Nobody::new);
        }
        if (declared.hasAnnotation(ForAnyRole.class)) {
            return new Callers(null);
        }
        if (declared.hasAnnotation(ForHolders.class)) {
            return new Holders();
        }
        return declared.hasAnnotation(ForAnybody.class) || OPEN_ENDPOINTS.contains(route.getDeclaringType())
                ? new Anybody()
                : new Nobody();
    }
}
