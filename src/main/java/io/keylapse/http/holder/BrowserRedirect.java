package io.keylapse.http.holder;

import io.micronaut.core.order.Ordered;
import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpMethod;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.RequestFilter;
import io.micronaut.http.annotation.ServerFilter;
import io.micronaut.http.filter.ServerFilterPhase;
import java.net.URI;
import org.jspecify.annotations.Nullable;

/** Redirects browsers from {@code GET /v1/self}, which needs a key in a header, to the page where its reader can enter one. */
@ServerFilter("/v1/self")
final class BrowserRedirect implements Ordered {
    private final boolean enabled;

    BrowserRedirect(MyKeySettings settings) {
        this.enabled = settings.enabled();
    }

    @RequestFilter
    @Nullable
    HttpResponse<?> lead(HttpRequest<?> request) {
        if (!enabled || request.getMethod() != HttpMethod.GET || !prefersPages(request)) {
            return null;
        }
        // Relative, for proxies that add a path.
        return HttpResponse.seeOther(URI.create("../my-key"))
                .header(HttpHeaders.VARY, HttpHeaders.ACCEPT)
                .header(HttpHeaders.CACHE_CONTROL, "no-store");
    }

    /** Browsers name HTML. Programs that can also read JSON get JSON. */
    private static boolean prefersPages(HttpRequest<?> request) {
        var accepted = request.accept();
        return accepted.contains(MediaType.TEXT_HTML_TYPE) && !accepted.contains(MediaType.APPLICATION_JSON_TYPE);
    }

    /** Before the gate, which would ask the browser for a key. */
    @Override
    public int getOrder() {
        return ServerFilterPhase.SECURITY.before();
    }
}
