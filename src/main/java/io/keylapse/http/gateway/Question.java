package io.keylapse.http.gateway;

import io.keylapse.http.RequestTarget;
import io.keylapse.http.gateway.GatewaySettings.Instance;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A request of a gateway, independent of the transport.
 *
 * @param path the path, as a valid URI path
 * @param query what follows the {@code ?}; null for none
 * @param headers the headers of the request
 */
public record Question(String path, @Nullable String query, HttpHeaders headers) {
    /** The path of all checks, or the start of it. */
    public static final String PATH = "/check";

    /** Headers in which gateways say what they ask about: Traefik and Caddy; by custom, nginx. */
    private static final List<String> ORIGINAL_TARGET = List.of("X-Forwarded-Uri", "X-Original-URI");

    /** The check in an HTTP/1 request for this target. */
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
     * Whether the path is exactly {@code /check}. Below it, the query belongs to the original request and means nothing
     * here. Other spellings that lead here, such as {@code //check}, count as {@code /check}, so that no required scope is
     * ignored.
     */
    boolean exactly() {
        return path.length() <= PATH.length() || path.charAt(PATH.length()) != '/' || !path.startsWith(PATH);
    }

    /**
     * Whether the request is for {@code /check/} with this parameter. The query belongs to the caller there, but a gateway
     * that was meant to ask for {@code /check?scope=...} looks exactly the same.
     */
    boolean hasStraySlash(String parameter) {
        String text = query;
        return text != null
                && path.length() == PATH.length() + 1
                && !exactly()
                && RequestTarget.parameters(text).containsKey(parameter);
    }

    /**
     * What {@code instance} of a refusal holds: the path of this request, or that of the request that the gateway asks about,
     * if it is known.
     */
    String instance(Instance chosen) {
        return chosen == Instance.FORWARDED && isAskedBy(path) ? forwardedPath() : path;
    }

    private String forwardedPath() {
        if (path.length() > PATH.length()) {
            return withOneSlash(path.substring(PATH.length()));
        }
        return ORIGINAL_TARGET.stream()
                .flatMap(name -> headers.getAll(name).stream())
                .filter(target -> target.startsWith("/"))
                .findFirst()
                .map(target -> withOneSlash(ForwardedTarget.readable(target.split("[?#]", 2)[0])))
                .orElse(path);
    }

    /** A path that begins with two slashes would be a reference to another host: RFC 3986, section 4.2. */
    private static String withOneSlash(String path) {
        return path.replaceFirst("^/+", "/");
    }

    /** The values of a parameter, in order; none unless the path is exactly {@code /check}. */
    List<String> parameter(String name) {
        String text = query;
        return text == null || !exactly()
                ? List.of()
                : RequestTarget.parameters(text).getOrDefault(name, List.of());
    }
}
