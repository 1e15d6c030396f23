package io.keylapse.client.servlet;

import static java.util.Collections.enumeration;
import static java.util.stream.Collectors.toMap;

import io.keylapse.client.CallerHeaders;
import io.keylapse.client.CheckResult.Good;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import java.security.Principal;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A request as the application sees it: with the identity of the key, without the key, and without forged identity. */
final class IdentifiedRequest extends HttpServletRequestWrapper {
    private final CallerHeaders rules;
    private final List<String> keys;
    private final @Nullable Good key;
    private final Map<String, List<String>> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);

    /**
     * @param keys the keys that the caller presented
     * @param key the valid one; null if the request needs none
     */
    IdentifiedRequest(HttpServletRequest request, CallerHeaders rules, List<String> keys, @Nullable Good key) {
        super(request);
        this.rules = rules;
        this.keys = keys;
        this.key = key;
        for (String name : listed(request.getHeaderNames())) {
            List<String> values = listed(request.getHeaders(name)).stream()
                    .filter(value -> rules.mayPass(name, value, keys))
                    .toList();
            if (!values.isEmpty()) {
                headers.put(name, values);
            }
        }
        if (key != null) {
            key.headers().forEach((name, value) -> headers.put(name, List.of(value)));
        }
    }

    /** All values; none for null, which servlet containers may return. */
    static List<String> listed(@Nullable Enumeration<String> values) {
        return values == null ? List.of() : Collections.list(values);
    }

    @Override
    public @Nullable Principal getUserPrincipal() {
        return key == null ? super.getUserPrincipal() : new KeyPrincipal(key);
    }

    @Override
    public @Nullable String getRemoteUser() {
        return key == null ? super.getRemoteUser() : key.owner();
    }

    @Override
    public @Nullable String getHeader(String name) {
        List<String> values = headers.get(name);
        return values == null ? null : values.get(0);
    }

    @Override
    public Enumeration<String> getHeaders(String name) {
        return enumeration(headers.getOrDefault(name, List.of()));
    }

    @Override
    public Enumeration<String> getHeaderNames() {
        return enumeration(headers.keySet());
    }

    @Override
    public int getIntHeader(String name) {
        String value = getHeader(name);
        return value == null ? -1 : Integer.parseInt(value);
    }

    /** Identity headers are no dates of HTTP, so the request's own header is meant. */
    @Override
    public long getDateHeader(String name) {
        return headers.containsKey(name) && (key == null || !key.headers().containsKey(name))
                ? super.getDateHeader(name)
                : -1;
    }

    /** The same rules apply to trailers, because a program may read them as headers. */
    @Override
    public Map<String, String> getTrailerFields() {
        return super.getTrailerFields().entrySet().stream()
                .filter(each -> rules.mayPass(each.getKey(), each.getValue(), keys))
                .collect(toMap(Map.Entry::getKey, Map.Entry::getValue));
    }
}
