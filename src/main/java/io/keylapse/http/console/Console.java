package io.keylapse.http.console;

import io.keylapse.http.WebFile;
import io.keylapse.http.access.audience.ForAnybody;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import java.net.URI;
import java.util.Set;

/** The console's files. They need no credential, because they contain no data. */
@Controller("/console")
@ForAnybody
final class Console {
    private static final String FOLDER = "console/";
    private static final Set<String> FILES = Set.of(
            "address.js",
            "api.js",
            "app.js",
            "audit.js",
            "blacklist.js",
            "bulk.js",
            "chart.js",
            "console.css",
            "deadline.js",
            "details.js",
            "dialogs.js",
            "dom.js",
            "download.js",
            "feed.js",
            "icon.svg",
            "key.js",
            "keys.js",
            "lists.js",
            "mails.js",
            "notices.js",
            "owners.js",
            "overview.js",
            "search.js",
            "table.js",
            "team.js",
            "times.js",
            "webhooks.js");

    private final boolean enabled;

    Console(ConsoleSettings settings) {
        this.enabled = settings.enabled();
    }

    @Get
    HttpResponse<?> page(HttpRequest<?> request) {
        if (!enabled) {
            throw WebFile.missing();
        }
        if (request.getPath().endsWith("/")) {
            // The links of the page are relative to the path without a slash at the end.
            return HttpResponse.temporaryRedirect(URI.create("../console"));
        }
        return WebFile.strictPage(FOLDER + "index.html");
    }

    @Get("/{name}")
    HttpResponse<?> part(String name) {
        if (!enabled || !FILES.contains(name)) {
            throw WebFile.missing();
        }
        return WebFile.of(FOLDER + name);
    }
}
