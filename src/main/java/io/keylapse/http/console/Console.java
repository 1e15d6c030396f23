package io.keylapse.http.console;

import io.keylapse.http.WebFile;
import io.keylapse.http.access.ForAnybody;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import java.net.URI;
import java.util.Set;

/**
 * The console's files. They need no credential, because they contain no data. The page loads nothing from other hosts, runs
 * no script but these files, and never turns text into markup: {@code require-trusted-types-for} makes the browser enforce
 * that.
 */
@Controller("/console")
@ForAnybody
final class Console {
    private static final String POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
            + " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
            + " require-trusted-types-for 'script'; trusted-types 'none'";
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
        return WebFile.page(FOLDER + "index.html", POLICY);
    }

    @Get("/{name}")
    HttpResponse<?> part(String name) {
        if (!enabled || !FILES.contains(name)) {
            throw WebFile.missing();
        }
        return WebFile.of(FOLDER + name);
    }
}
