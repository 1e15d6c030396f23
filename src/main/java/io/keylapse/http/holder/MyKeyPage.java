package io.keylapse.http.holder;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.keylapse.http.WebFile;
import io.keylapse.http.access.audience.ForAnybody;
import io.keylapse.key.ServiceIdentity;
import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import java.net.URI;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The page for key holders. Its files need no credential, because they contain no data; the page calls {@code /v1/self} with
 * the key that the reader enters, or with the token of a link. Its content security policy is as strict as the console's.
 */
@Controller("/my-key")
@ForAnybody
final class MyKeyPage {
    private static final Set<String> FILES =
            Set.of("de.js", "dialogs.js", "en.js", "es.js", "fr.js", "my-key.css", "page.js", "self.js", "words.js");

    /** Files that the console has too. */
    private static final Set<String> SHARED = Set.of("dom.js", "icon.svg");

    private final boolean enabled;
    private final Service service;

    MyKeyPage(MyKeySettings settings, ServiceIdentity identity) {
        this.enabled = settings.enabled();
        this.service = new Service(
                identity.name(), identity.support(), identity.supportUrl().orElse(null));
    }

    /** Whose service it is, and whom to ask. Null fields are absent. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Service(
            @Nullable String serviceName,
            @Nullable String supportContact,
            @Nullable String supportUrl) {}

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

    @Get("/service")
    HttpResponse<?> service() {
        if (!enabled) {
            throw WebFile.missing();
        }
        return HttpResponse.ok(service).header(HttpHeaders.CACHE_CONTROL, "no-cache");
    }

    @Get("/{name}")
    HttpResponse<?> part(String name) {
        if (!enabled || !(FILES.contains(name) || SHARED.contains(name))) {
            throw WebFile.missing();
        }
        return WebFile.of((SHARED.contains(name) ? "console/" : "my-key/") + name);
    }
}
