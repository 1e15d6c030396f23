package io.keylapse.http;

import io.micronaut.context.annotation.Replaces;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpRequestWrapper;
import io.micronaut.web.router.DefaultRouter;
import io.micronaut.web.router.RouteBuilder;
import io.micronaut.web.router.UriRouteMatch;
import jakarta.inject.Singleton;
import java.util.Collection;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Micronaut's router, extended to treat {@code %3A} in a path as a colon. Clients that encode path segments send a verb such
 * as {@code keys:batch} that way.
 */
@Singleton
@Replaces(DefaultRouter.class)
final class VerbRouter extends DefaultRouter {
    private static final Pattern COLON = Pattern.compile("%3A", Pattern.CASE_INSENSITIVE);

    VerbRouter(Collection<RouteBuilder> builders) {
        super(builders);
    }

    @Override
    public <T, R> @Nullable UriRouteMatch<T, R> findClosest(HttpRequest<?> request) {
        return super.findClosest(decoded(request));
    }

    @Override
    public <T, R> List<UriRouteMatch<T, R>> findAny(HttpRequest<?> request) {
        return super.findAny(decoded(request));
    }

    private static <B> HttpRequest<B> decoded(HttpRequest<B> request) {
        String path = COLON.matcher(request.getPath()).replaceAll(":");
        return path.equals(request.getPath())
                ? request
                : new HttpRequestWrapper<>(request) {
                    @Override
                    public String getPath() {
                        return path;
                    }
                };
    }
}
