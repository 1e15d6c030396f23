package io.keylapse.http.gateway;

import io.keylapse.http.RequestTarget;
import io.netty.handler.codec.http.HttpHeaders;
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
                && RequestTarget.parameters(text).containsKey(parameter);
    }

    /** The values of a parameter of exactly {@code /check}, in order. */
    List<String> parameter(String name) {
        String text = query;
        return text == null || !exactly()
                ? List.of()
                : RequestTarget.parameters(text).getOrDefault(name, List.of());
    }
}
