package io.keylapse.http.access;

import io.keylapse.key.PublicId;
import io.micronaut.http.HttpRequest;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The id of a request of the management API or of a key holder, in the response and in the audit trail. It is the caller's
 * {@value #HEADER} if that is 1 to 64 characters of {@code A-Za-z0-9._-}; otherwise a new one.
 */
final class RequestId {
    static final String HEADER = "X-Request-ID";
    private static final String PREFIX = "req_";
    private static final String ATTRIBUTE = "keylapse.request-id";
    private static final Pattern FORM = Pattern.compile("[A-Za-z0-9._-]{1,64}");

    private RequestId() {}

    static void assign(HttpRequest<?> request) {
        String sent = request.getHeaders().get(HEADER);
        request.setAttribute(ATTRIBUTE, sent != null && FORM.matcher(sent).matches() ? sent : generate());
    }

    /** The id; null if the request needs none. */
    static @Nullable String of(HttpRequest<?> request) {
        return request.getAttribute(ATTRIBUTE, String.class).orElse(null);
    }

    private static String generate() {
        return PublicId.format(PREFIX, PublicId.timeOrdered(System.currentTimeMillis(), ThreadLocalRandom.current()));
    }
}
