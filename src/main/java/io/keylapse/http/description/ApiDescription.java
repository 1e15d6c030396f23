package io.keylapse.http.description;

import io.keylapse.http.WebFile;
import io.keylapse.http.access.audience.ForAnybody;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;

/**
 * The OpenAPI document and a page to browse it. They need no credential, because they contain only what the source shows.
 * The page loads nothing from other hosts.
 */
@Controller
@ForAnybody
final class ApiDescription {
    private static final String POLICY =
            "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
                    + " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    private static final String OURS = "api/";

    private final boolean enabled;
    private final Map<String, String> files;

    ApiDescription(ApiDocsSettings settings) {
        this.enabled = settings.enabled();
        String page = "META-INF/resources/webjars/swagger-ui/" + version("swagger-ui") + "/";
        this.files = Map.of(
                "start.js", OURS + "start.js",
                "swagger-ui-bundle.js", page + "swagger-ui-bundle.js",
                "swagger-ui.css", page + "swagger-ui.css",
                "favicon-32x32.png", page + "favicon-32x32.png");
    }

    @Get("/openapi.yaml")
    HttpResponse<?> description() {
        checkEnabled();
        return WebFile.of(OURS + "openapi.yaml");
    }

    @Get("/api-docs")
    HttpResponse<?> page() {
        checkEnabled();
        return WebFile.page(OURS + "index.html", POLICY);
    }

    @Get("/api-docs/{name}")
    HttpResponse<?> part(String name) {
        checkEnabled();
        String path = files.get(name);
        if (path == null) {
            throw WebFile.missing();
        }
        return WebFile.of(path);
    }

    private void checkEnabled() {
        if (!enabled) {
            throw WebFile.missing();
        }
    }

    /** The version of a WebJar, which is part of the path of its files. */
    private static String version(String name) {
        var properties = new Properties();
        String path = "META-INF/maven/org.webjars/" + name + "/pom.properties";
        try (InputStream in = ApiDescription.class.getClassLoader().getResourceAsStream(path)) {
            properties.load(Objects.requireNonNull(in, path));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return properties.getProperty("version");
    }
}
