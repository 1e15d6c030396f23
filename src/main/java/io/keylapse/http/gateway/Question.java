package io.keylapse.http.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a gateway asks, by whatever transport it came.
 *
 * @param path the path, as it may stand in a URI
 * @param query what follows the {@code ?}; null for none
 * @param headers the headers of the request
 */
public record Question(String path, @Nullable String query, HttpHeaders headers) {
    /** What everything that is asked here starts with. */
    static final String PATH = "/check";

    /** No limit of its own: the length of the request line has one. */
    private static final int MOST_PARAMETERS = Integer.MAX_VALUE;

    /** The question of an HTTP/1 request for this target. */
    public static Question of(String target, HttpHeaders headers) {
        if (target.equals(PATH)) {
            return new Question(PATH, null, headers);
        }
        String uri = ForwardedTarget.readable(target);
        int end = uri.indexOf('?');
        return end < 0
                ? new Question(uri, null, headers)
                : new Question(uri.substring(0, end), uri.substring(end + 1), headers);
    }

    /** Whether a target is {@code /check} or below it. */
    public static boolean isAskedBy(String target) {
        if (!target.startsWith(PATH)) {
            return false;
        }
        if (target.length() == PATH.length()) {
            return true;
        }
        char next = target.charAt(PATH.length());
        return next == '/' || next == '?';
    }

    /**
     * Whether it is asked of exactly {@code /check}. Below, the query is that of the request asked about, and means
     * nothing here. Whatever else leads here, such as {@code //check}, is taken for {@code /check} itself, so that no
     * demand is overlooked.
     */
    boolean exactly() {
        return path.length() <= PATH.length() || path.charAt(PATH.length()) != '/' || !path.startsWith(PATH);
    }

    /**
     * Whether it is asked of {@code /check/} with this parameter. It is the caller's own there, but a gateway that was meant
     * to ask {@code /check?scope=...} looks just like that.
     */
    boolean hasStraySlash(String parameter) {
        String text = query;
        return text != null
                && path.length() == PATH.length() + 1
                && !exactly()
                && !values(text, parameter).isEmpty();
    }

    /**
     * The values of a parameter of exactly {@code /check}, in order.
     *
     * <p>Not read by Micronaut, whose reading depends on the charset in {@code Content-Type}, which here is that of the
     * request asked about; and which drops parameters after the 1024th and takes {@code ;} for the end of one, so that
     * less would be demanded than was asked for.
     */
    List<String> parameter(String name) {
        String text = query;
        return text == null || !exactly() ? List.of() : values(text, name);
    }

    private static List<String> values(String query, String parameter) {
        return new QueryStringDecoder(query, UTF_8, false, MOST_PARAMETERS, true)
                .parameters()
                .getOrDefault(parameter, List.of());
    }
}
