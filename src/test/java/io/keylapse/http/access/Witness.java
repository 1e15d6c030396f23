package io.keylapse.http.access;

import io.micronaut.context.annotation.Requires;
import io.micronaut.core.order.Ordered;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.annotation.RequestFilter;
import io.micronaut.http.annotation.ServerFilter;
import io.micronaut.web.router.RouteAttributes;
import io.micronaut.web.router.RouteInfo;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** A filter after access control, just before the routes, that records which requests get there. */
@Requires(property = Witness.SETTING)
@ServerFilter(ServerFilter.MATCH_ALL_PATTERN)
final class Witness implements Ordered {
    static final String SETTING = "test.witness";
    static final String HEADER = "X-Walk";

    private final Map<String, RouteInfo<?>> reached = new ConcurrentHashMap<>();

    @RequestFilter
    void note(HttpRequest<?> request) {
        String walk = request.getHeaders().get(HEADER);
        if (walk != null) {
            RouteAttributes.getRouteMatch(request).ifPresent(route -> reached.put(walk, route.getRouteInfo()));
        }
    }

    /** The route that this request reached, if any. */
    Optional<RouteInfo<?>> reachedBy(String walk) {
        return Optional.ofNullable(reached.remove(walk));
    }

    @Override
    public int getOrder() {
        return LOWEST_PRECEDENCE;
    }
}
