package io.keylapse.http;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.micronaut.http.HttpRequest;
import io.micronaut.http.server.netty.NettyHttpRequest;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The path and the query of a request as they were sent, both still percent-encoded.
 *
 * <p>Micronaut's own view differs. It decodes an absolute-form target (RFC 9112, section 3.2.2) and encodes it again; after
 * that, {@code %26} separates parameters and {@code %FF} has become U+FFFD. It also decodes a query with the charset in
 * {@code Content-Type}, treats {@code ;} as a separator, and drops parameters after the 1024th.
 *
 * @param query what follows the {@code ?}; null for none
 */
public record RequestTarget(String path, @Nullable String query) {
    /** The paths for key holders. */
    public static final String HOLDERS = "/v1/self";

    /** The paths for links in mails. */
    public static final String LINKS = HOLDERS + "/link";

    /** No limit here: the request line is limited already. */
    private static final int MAX_PARAMETERS = Integer.MAX_VALUE;

    /** The target of this request. */
    public static RequestTarget of(HttpRequest<?> request) {
        String sent = asSent(request);
        int end = sent.indexOf('?');
        return new RequestTarget(request.getPath(), end < 0 ? null : sent.substring(end + 1));
    }

    /** The target as the client has spelled it. */
    public static String asSent(HttpRequest<?> request) {
        return request instanceof NettyHttpRequest<?> netty
                ? netty.getNativeRequest().uri()
                : request.getUri().toString();
    }

    /** Whether the path of a target contains this path literally, perhaps after a host or a context path. */
    public static boolean spells(String target, String path) {
        int found = target.indexOf(path);
        return found >= 0 && target.lastIndexOf('?', found) < 0;
    }

    /** The values of each parameter, in order. */
    public Map<String, List<String>> parameters() {
        return parameters(query);
    }

    /** The values of each parameter of a query, in order. */
    public static Map<String, List<String>> parameters(@Nullable String query) {
        return query == null
                ? Map.of()
                : new QueryStringDecoder(query, UTF_8, false, MAX_PARAMETERS, true).parameters();
    }
}
