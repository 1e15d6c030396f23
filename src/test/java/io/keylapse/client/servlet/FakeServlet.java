package io.keylapse.client.servlet;

import jakarta.servlet.DispatcherType;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.ByteArrayOutputStream;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The parts of a servlet container's request and response that a filter uses. */
final class FakeServlet {
    final Map<String, List<String>> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    final Map<String, String> trailers = new HashMap<>();
    final Map<String, Object> attributes = new HashMap<>();
    final Map<String, String> responseHeaders = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    final ByteArrayOutputStream body = new ByteArrayOutputStream();
    DispatcherType dispatcher = DispatcherType.REQUEST;
    String method = "GET";
    String path = "/";
    /** The path as it was sent; empty if it is the decoded one. */
    String uri = "";

    private final List<Integer> statuses = new ArrayList<>();

    FakeServlet header(String name, String... values) {
        headers.put(name, List.of(values));
        return this;
    }

    /** The status of the response; 0 if none was set. */
    int status() {
        return statuses.isEmpty() ? 0 : statuses.getLast();
    }

    HttpServletRequest request() {
        return fake(HttpServletRequest.class, (method, arguments) -> switch (method) {
            case "getHeader" ->
                headers.getOrDefault(arguments[0], List.of()).stream()
                        .findFirst()
                        .orElse(null);
            case "getHeaders" -> Collections.enumeration(headers.getOrDefault(arguments[0], List.of()));
            case "getHeaderNames" -> Collections.enumeration(headers.keySet());
            case "getDateHeader" -> 784_111_777_000L;
            case "getTrailerFields" -> trailers;
            case "getDispatcherType" -> dispatcher;
            case "getMethod" -> this.method;
            case "getServletPath" -> path;
            case "getRequestURI" -> uri.isEmpty() ? path : uri;
            case "getAttribute" -> attributes.get(arguments[0]);
            case "setAttribute" -> attributes.put((String) arguments[0], arguments[1]);
            case "getUserPrincipal", "getRemoteUser" -> null;
            default -> throw new UnsupportedOperationException(method);
        });
    }

    HttpServletResponse response() {
        return fake(HttpServletResponse.class, (method, arguments) -> switch (method) {
            case "setStatus" -> statuses.add((Integer) arguments[0]);
            case "setHeader" -> responseHeaders.put((String) arguments[0], (String) arguments[1]);
            case "setContentLength" -> responseHeaders.put("Content-Length", String.valueOf(arguments[0]));
            case "getOutputStream" -> new Output(body);
            default -> throw new UnsupportedOperationException(method);
        });
    }

    private interface Answers {
        @Nullable
        Object to(String method, Object[] arguments);
    }

    private static <T> T fake(Class<T> type, Answers answers) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> {
                    Object answer = answers.to(method.getName(), arguments);
                    return method.getReturnType() == void.class ? null : answer;
                }));
    }

    private static final class Output extends ServletOutputStream {
        private final ByteArrayOutputStream bytes;

        Output(ByteArrayOutputStream bytes) {
            this.bytes = bytes;
        }

        @Override
        public void write(int each) {
            bytes.write(each);
        }

        @Override
        public boolean isReady() {
            return true;
        }

        @Override
        public void setWriteListener(WriteListener listener) {
            throw new UnsupportedOperationException();
        }
    }
}
