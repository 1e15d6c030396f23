package io.keylapse.http.console;

import io.keylapse.http.Problem;
import io.keylapse.http.access.audience.ForAnybody;
import io.keylapse.http.description.ApiDocsSettings;
import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import java.net.URI;

/** The root path: redirects to the console or, if that is switched off, names the page of the API. */
@Controller
@ForAnybody
final class Home {
    private final ConsoleSettings console;
    private final ApiDocsSettings apiDocs;

    Home(ConsoleSettings console, ApiDocsSettings apiDocs) {
        this.console = console;
        this.apiDocs = apiDocs;
    }

    @Get
    HttpResponse<?> lead(HttpRequest<?> request) {
        if (console.enabled()) {
            // Relative, for proxies that add a path. Not cached, because the console can be switched off.
            String path = request.getPath();
            String base = path.endsWith("/") ? "" : path.substring(path.lastIndexOf('/') + 1) + "/";
            return HttpResponse.seeOther(URI.create(base + "console"))
                    .header(HttpHeaders.CACHE_CONTROL, "no-store")
                    .contentType(MediaType.TEXT_PLAIN_TYPE)
                    .body("The console is at " + base + "console.\n");
        }
        String hint = apiDocs.enabled() ? "The API is described at /api-docs." : "The API is under /v1.";
        return Problem.of(request, HttpStatus.NOT_FOUND, "NOT_FOUND", "There is no page here. " + hint)
                .response();
    }
}
