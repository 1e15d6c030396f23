package io.keylapse.http;

import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MediaType;
import io.micronaut.http.MutableHttpResponse;
import io.micronaut.http.exceptions.HttpStatusException;
import io.micronaut.http.server.types.files.StreamedFile;
import java.io.InputStream;
import java.util.Objects;

/**
 * Static files for browsers, from the class path. Browsers revalidate each time, so they never show a page of an older
 * version.
 */
public final class WebFile {
    private static final String STRICT = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
            + " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
            + " require-trusted-types-for 'script'; trusted-types 'none'";

    private WebFile() {}

    /** A response with the file at this resource path, which must exist. */
    public static MutableHttpResponse<?> of(String path) {
        InputStream content = WebFile.class.getClassLoader().getResourceAsStream(path);
        return HttpResponse.ok(new StreamedFile(Objects.requireNonNull(content, path), typeOf(path)))
                .header(HttpHeaders.CACHE_CONTROL, "no-cache");
    }

    /**
     * A response with a page. Its Content-Security-Policy is {@code policy}; it sends no referrer and shares no browsing
     * context with pages of other origins.
     */
    public static MutableHttpResponse<?> page(String path, String policy) {
        return of(path).header("Content-Security-Policy", policy)
                .header("Cross-Origin-Opener-Policy", "same-origin")
                .header("Referrer-Policy", "no-referrer");
    }

    /**
     * A response with a page of ours. It loads nothing from other hosts, runs no script but its own files, and never turns text
     * into markup: {@code require-trusted-types-for} makes the browser enforce that.
     */
    public static MutableHttpResponse<?> strictPage(String path) {
        return page(path, STRICT);
    }

    /** The exception for a missing file: 404. */
    public static HttpStatusException missing() {
        return new HttpStatusException(HttpStatus.NOT_FOUND, "There is no page at this path.");
    }

    private static MediaType typeOf(String name) {
        return switch (name.substring(name.lastIndexOf('.') + 1)) {
            case "html" -> MediaType.of("text/html;charset=utf-8");
            case "yaml" -> MediaType.of("application/yaml");
            case "js" -> MediaType.of("text/javascript");
            case "css" -> MediaType.of(MediaType.TEXT_CSS);
            case "svg" -> MediaType.of("image/svg+xml");
            default -> MediaType.IMAGE_PNG_TYPE;
        };
    }
}
