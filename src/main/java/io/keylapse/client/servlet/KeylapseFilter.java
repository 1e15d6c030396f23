package io.keylapse.client.servlet;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.keylapse.client.CallerHeaders;
import io.keylapse.client.CheckResult;
import io.keylapse.client.KeylapseClient;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * Lets only requests with a valid key reach an application. The key is read from the headers as {@code /check} reads it.
 *
 * <ul>
 *   <li>The application sees the owner as {@code getUserPrincipal()} and {@code getRemoteUser()}, the {@link
 *       CheckResult.Good} as the attribute {@link #KEY}, and the identity headers, such as {@code X-Consumer-ID}.
 *   <li>It sees neither the key nor identity headers that the caller sent, in any spelling.
 *   <li>Other requests are answered with the service's refusal, or with 503 if the key cannot be checked. An exception lets
 *       no request pass.
 *   <li>Paths that the function for scopes and the application may read differently, such as {@code /write/../x}, are
 *       answered with 400.
 * </ul>
 *
 * <p>A request is checked once: when it arrives, and not again when the application forwards it or handles it
 * asynchronously. Let one filter decide for all paths, because a second one does not see the key. Thread-safe.
 */
public final class KeylapseFilter implements Filter {
    /** Request attribute with the {@link CheckResult.Good} of the key. */
    public static final String KEY = "io.keylapse.client.key";

    /**
     * Dot segments, backslashes, and segments that begin with a semicolon, plain or encoded. Containers resolve them in
     * {@code getServletPath()}, but Spring MVC routes by the raw path, so {@code /write/../x} would need the scopes of
     * {@code /x} and be handled as {@code /write/**}.
     */
    private static final Pattern AMBIGUOUS_PATH =
            Pattern.compile("(?i)(?:/|%2f)(?:\\.|%2e){1,2}(?:[/;]|%2f|%3b|$)|\\\\|%5c|(?:/|%2f)(?:;|%3b)");

    private static final String AMBIGUOUS_PATH_PROBLEM =
            "{\"type\":\"about:blank\",\"title\":\"Bad Request\",\"status\":400,"
                    + "\"detail\":\"The path has a dot segment, a backslash, or a segment that begins with a semicolon.\"}";

    private static final String PASSED = KeylapseFilter.class.getName() + ".passed";

    private final KeylapseClient client;
    private final CallerHeaders headers;
    private final Function<? super HttpServletRequest, ? extends Collection<String>> scopes;
    private final Predicate<? super HttpServletRequest> isOpen;

    private KeylapseFilter(
            KeylapseClient client,
            CallerHeaders headers,
            Function<? super HttpServletRequest, ? extends Collection<String>> scopes,
            Predicate<? super HttpServletRequest> isOpen) {
        this.client = client;
        this.headers = headers;
        this.scopes = scopes;
        this.isOpen = isOpen;
    }

    /**
     * A filter that demands scopes.
     *
     * @param client stays open when the filter is destroyed
     * @param scopes the scopes that a request needs. Decide by {@code getServletPath()} and {@code getPathInfo()}, which the
     *     container has decoded, and not by {@code getRequestURI()}: {@code /%77rite} is {@code /write}
     */
    public static KeylapseFilter demanding(
            KeylapseClient client, Function<? super HttpServletRequest, ? extends Collection<String>> scopes) {
        return new KeylapseFilter(client, new CallerHeaders(), scopes, request -> false);
    }

    /** The same filter, for a service with other settings of keys and headers. */
    public KeylapseFilter with(CallerHeaders headers) {
        return new KeylapseFilter(client, headers, scopes, isOpen);
    }

    /** The same filter, which also lets requests pass that need no key, such as CORS preflights. They get no identity. */
    public KeylapseFilter open(Predicate<? super HttpServletRequest> requests) {
        return new KeylapseFilter(client, headers, scopes, requests);
    }

    @Override
    public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
            throws IOException, ServletException {
        if (request instanceof HttpServletRequest http && response instanceof HttpServletResponse httpResponse) {
            filter(http, httpResponse, chain);
        } else {
            throw new ServletException("not a request of HTTP");
        }
    }

    private void filter(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws IOException, ServletException {
        List<String> keys = headers.keys(name -> IdentifiedRequest.listed(request.getHeaders(name)));
        if (request.getDispatcherType() != DispatcherType.REQUEST && request.getAttribute(PASSED) != null) {
            CheckResult.Good key = request.getAttribute(KEY) instanceof CheckResult.Good good ? good : null;
            chain.doFilter(new IdentifiedRequest(request, headers, keys, key), response);
        } else if (AMBIGUOUS_PATH.matcher(request.getRequestURI()).find()) {
            response.setHeader("Content-Type", "application/problem+json");
            write(400, AMBIGUOUS_PATH_PROBLEM, response);
        } else if (isOpen.test(request)) {
            request.setAttribute(PASSED, true);
            chain.doFilter(new IdentifiedRequest(request, headers, keys, null), response);
        } else {
            CheckResult result = client.checkPresented(keys, scopes.apply(request));
            if (result instanceof CheckResult.Good key) {
                request.setAttribute(PASSED, true);
                request.setAttribute(KEY, key);
                chain.doFilter(new IdentifiedRequest(request, headers, keys, key), response);
            } else if (result instanceof CheckResult.Rejection rejection) {
                reject(rejection, response);
            }
        }
    }

    private static void reject(CheckResult.Rejection rejection, HttpServletResponse response) throws IOException {
        rejection.headers().forEach(response::setHeader);
        write(rejection.status(), rejection.body(), response);
    }

    private static void write(int status, String text, HttpServletResponse response) throws IOException {
        byte[] body = text.getBytes(UTF_8);
        response.setStatus(status);
        response.setContentLength(body.length);
        response.getOutputStream().write(body);
    }
}
