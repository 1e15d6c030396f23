package io.keylapse.http.holder;

import io.keylapse.http.WebFile;
import io.keylapse.http.access.audience.ForAnybody;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import java.net.URI;
import java.util.Map;

/**
 * The page for key holders. Its files need no credential, because they contain no data; the page calls {@code /v1/self} with
 * the key that the reader enters, or with the token of a link. Its content security policy is as strict as the console's.
 */
@Controller("/my-key")
@ForAnybody
final class MyKeyPage {
    private static final Map<String, String> FILES = Map.of(
            "dialogs.js", "my-key/dialogs.js",
            "dom.js", "my-key/dom.js",
            "icon.svg", "console/icon.svg",
            "my-key.css", "my-key/my-key.css",
            "page.js", "my-key/page.js",
            "self.js", "my-key/self.js");

    private final boolean enabled;

    MyKeyPage(MyKeySettings settings) {
        this.enabled = settings.enabled();
    }

    @Get
    HttpResponse<?> page(HttpRequest<?> request) {
        if (!enabled) {
            throw WebFile.missing();
        }
        if (request.getPath().endsWith("/")) {
            // The links of the page are relative to the path without a slash at the end.
            return HttpResponse.temporaryRedirect(URI.create("../my-key"));
        }
        return WebFile.strictPage("my-key/index.html");
    }

    @Get("/{name}")
    HttpResponse<?> part(String name) {
        String path = FILES.get(name);
        if (!enabled || path == null) {
            throw WebFile.missing();
        }
        return WebFile.of(path);
    }
}
