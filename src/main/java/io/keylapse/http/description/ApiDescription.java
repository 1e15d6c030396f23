package io.keylapse.http.description;

import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MediaType;
import io.micronaut.http.MutableHttpResponse;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.exceptions.HttpStatusException;
import io.micronaut.http.server.types.files.StreamedFile;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;

/**
 * The description and the page. It needs no credential, because it tells nothing but what anybody can read in the source; the
 * page asks no other host for anything.
 */
@Controller
final class ApiDescription {
    private static final String POLICY =
            "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
                    + " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    private static final String OURS = "api/";
    private static final MediaType YAML = MediaType.of("application/yaml");
    private static final MediaType SCRIPT = MediaType.of("text/javascript");

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
        return file(OURS + "openapi.yaml", YAML);
    }

    @Get("/api-docs")
    HttpResponse<?> page() {
        return file(OURS + "index.html", MediaType.TEXT_HTML_TYPE)
                .header("Content-Security-Policy", POLICY)
                .header("Referrer-Policy", "no-referrer");
    }

    @Get("/api-docs/{name}")
    HttpResponse<?> part(String name) {
        return file(files.getOrDefault(name, ""), typeOf(name));
    }

    private MutableHttpResponse<?> file(String path, MediaType type) {
        if (!enabled || path.isEmpty()) {
            throw new HttpStatusException(HttpStatus.NOT_FOUND, "There is nothing here.");
        }
        InputStream content = ApiDescription.class.getClassLoader().getResourceAsStream(path);
        return HttpResponse.ok(new StreamedFile(Objects.requireNonNull(content, path), type))
                .header("X-Content-Type-Options", "nosniff")
                .header(HttpHeaders.CACHE_CONTROL, "no-cache");
    }

    private static MediaType typeOf(String name) {
        return switch (name.substring(name.lastIndexOf('.') + 1)) {
            case "js" -> SCRIPT;
            case "css" -> MediaType.of(MediaType.TEXT_CSS);
            default -> MediaType.IMAGE_PNG_TYPE;
        };
    }

    /** The version of a web jar, which its files lie below. */
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
