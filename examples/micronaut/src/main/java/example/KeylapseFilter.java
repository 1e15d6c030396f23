package example;

import io.keylapse.client.CallerHeaders;
import io.keylapse.client.CheckResult;
import io.keylapse.client.KeylapseClient;
import io.micronaut.http.HttpAttributes;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.MutableHttpHeaders;
import io.micronaut.http.MutableHttpResponse;
import io.micronaut.http.annotation.RequestFilter;
import io.micronaut.http.annotation.ServerFilter;
import io.micronaut.http.filter.FilterContinuation;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import io.micronaut.web.router.RouteMatch;
import java.util.List;
import java.util.Set;

/** Checks the key of each request, with the scopes of the method that it calls. */
@ServerFilter(ServerFilter.MATCH_ALL_PATTERN)
class KeylapseFilter {
    private final CallerHeaders rules = new CallerHeaders();
    private final KeylapseClient keylapse;

    KeylapseFilter(KeylapseClient keylapse) {
        this.keylapse = keylapse;
    }

    @RequestFilter
    @ExecuteOn(TaskExecutors.BLOCKING)
    HttpResponse<?> check(HttpRequest<?> request, FilterContinuation<HttpResponse<?>> application) {
        List<String> keys = rules.keys(request.getHeaders()::getAll);
        CheckResult result = keylapse.checkPresented(keys, scopes(request));
        if (result instanceof CheckResult.Good good) {
            identify(request, keys, good);
            return application.proceed();
        }
        var rejection = (CheckResult.Rejection) result;
        MutableHttpResponse<String> response = HttpResponse.<String>status(rejection.status(), null).body(rejection.body());
        rejection.headers().forEach((name, value) -> response.getHeaders().set(name, value));
        return response;
    }

    private static Set<String> scopes(HttpRequest<?> request) {
        return request.getAttribute(HttpAttributes.ROUTE_MATCH, RouteMatch.class)
                .map(route -> route.getAnnotationMetadata().stringValues(RequiredScopes.class))
                .filter(scopes -> scopes.length > 0)
                .map(Set::of)
                .orElse(Set.of("read"));
    }

    private void identify(HttpRequest<?> request, List<String> keys, CheckResult.Good good) {
        // Changed in place, because a request from mutate() has no body. Netty's headers are mutable.
        var headers = (MutableHttpHeaders) request.getHeaders();
        for (String name : Set.copyOf(headers.names())) {
            if (!headers.getAll(name).stream().allMatch(value -> rules.mayPass(name, value, keys))) {
                headers.remove(name);
            }
        }
        good.headers().forEach(headers::set);
        request.setAttribute("key", good);
    }
}
