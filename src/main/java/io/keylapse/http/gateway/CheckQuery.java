package io.keylapse.http.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.micronaut.http.HttpRequest;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.util.List;

/**
 * The query of exactly {@code /check}.
 *
 * <p>Not read by Micronaut, whose reading depends on the charset in {@code Content-Type}, which here is that of the
 * request asked about; and which drops parameters after the 1024th and takes {@code ;} for the end of one, so that less
 * would be demanded than was asked for.
 */
final class CheckQuery {
    /** No limit of its own: the length of the request line has one. */
    private static final int MOST_PARAMETERS = Integer.MAX_VALUE;

    private CheckQuery() {}

    /** The values of a parameter, in order. */
    static List<String> values(HttpRequest<?> request, String parameter) {
        String query = request.getUri().getRawQuery();
        return query == null
                ? List.of()
                : new QueryStringDecoder(query, UTF_8, false, MOST_PARAMETERS, true)
                        .parameters()
                        .getOrDefault(parameter, List.of());
    }
}
