package io.keylapse.http.management;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.keylapse.http.RequestTarget;
import io.keylapse.registry.sql.page.Cursor;
import io.keylapse.registry.sql.page.Page;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.MutableHttpResponse;
import io.micronaut.http.uri.UriBuilder;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Pages of the API. The cursor of the next page is in the body, and its URL in a {@code Link} header (RFC 8288). */
public final class Paging {
    private Paging() {}

    /** The body of a page. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Body<T>(List<T> items, @Nullable String next) {}

    /** The response with this page. */
    public static <R, T> MutableHttpResponse<Body<T>> respond(
            HttpRequest<?> request, Page<R> page, Function<R, T> toJson) {
        Optional<Cursor> next = page.next();
        MutableHttpResponse<Body<T>> response = HttpResponse.ok(new Body<>(
                page.items().stream().map(toJson).toList(),
                next.map(Cursor::toString).orElse(null)));
        next.ifPresent(cursor -> response.header("Link", "<" + linkTo(request, cursor) + ">; rel=\"next\""));
        return response;
    }

    /** The response with this page of objects of the API. */
    public static <T> MutableHttpResponse<Body<T>> respond(HttpRequest<?> request, Page<T> page) {
        return respond(request, page, Function.identity());
    }

    private static String linkTo(HttpRequest<?> request, Cursor cursor) {
        RequestTarget target = RequestTarget.of(request);
        UriBuilder link = UriBuilder.of(target.path());
        target.parameters().forEach((name, values) -> {
            if (!name.equals("cursor")) {
                link.queryParam(name, values.toArray());
            }
        });
        return link.queryParam("cursor", cursor.toString()).build().toString();
    }
}
