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

/** A file of the program that browsers are given. Browsers ask each time, so that nobody sees the page of a former version. */
public final class WebFile {
    private WebFile() {}

    /** The answer that has the file at this path among the resources, which is there. */
    public static MutableHttpResponse<?> of(String path) {
        InputStream content = WebFile.class.getClassLoader().getResourceAsStream(path);
        return HttpResponse.ok(new StreamedFile(Objects.requireNonNull(content, path), typeOf(path)))
                .header(HttpHeaders.CACHE_CONTROL, "no-cache");
    }

    /**
     * The same for a page. It may do what the policy says (Content-Security-Policy), sends no referrer, and shares no window
     * with pages of other origins.
     */
    public static MutableHttpResponse<?> page(String path, String policy) {
        return of(path).header("Content-Security-Policy", policy)
                .header("Cross-Origin-Opener-Policy", "same-origin")
                .header("Referrer-Policy", "no-referrer");
    }

    /** What answers that there is no such file. */
    public static HttpStatusException missing() {
        return new HttpStatusException(HttpStatus.NOT_FOUND, "There is nothing here.");
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
