package io.keylapse.http;

import static java.util.stream.Collectors.joining;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.keylapse.key.input.InvalidInputException;
import io.keylapse.key.input.InvalidInputException.Violation;
import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MediaType;
import io.micronaut.http.MutableHttpResponse;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An error response: problem details as JSON.
 *
 * @param code the stable error code
 * @param detail what happened and what to do next
 * @param errors the invalid fields and what is wrong with each
 * @param more additional members
 * @see <a href="https://www.rfc-editor.org/rfc/rfc9457">RFC 9457, Problem Details for HTTP APIs</a>
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Problem(
        String type,
        String title,
        int status,
        String detail,
        String instance,
        String code,
        @Nullable List<Violation> errors,
        @JsonAnyGetter Map<String, String> more) {

    /** A problem without additional members. */
    public static Problem of(HttpRequest<?> request, HttpStatus status, String code, String detail) {
        return of(request, status, code, detail, null, Map.of());
    }

    /** A problem with a request. */
    public static Problem of(
            HttpRequest<?> request,
            HttpStatus status,
            String code,
            String detail,
            @Nullable List<Violation> errors,
            Map<String, String> more) {
        return of(request.getUri().getRawPath(), status, code, detail, errors, more);
    }

    /** A problem with a request for this path. */
    public static Problem of(
            String path,
            HttpStatus status,
            String code,
            String detail,
            @Nullable List<Violation> errors,
            Map<String, String> more) {
        return new Problem(
                "urn:keylapse:problem:" + code.toLowerCase(Locale.ROOT).replace('_', '-'),
                status.getReason(),
                status.getCode(),
                detail,
                // A target such as //check is read as a host without a path.
                path.isEmpty() ? "/" : path,
                code,
                errors,
                more);
    }

    /** A bad request: 400 {@code INVALID_REQUEST}, with the fields that are invalid. */
    public static Problem of(String path, InvalidInputException invalid) {
        return of(
                path,
                HttpStatus.BAD_REQUEST,
                "INVALID_REQUEST",
                detail(invalid.violations()),
                invalid.violations(),
                Map.of());
    }

    /** The only violation as a sentence, or the names of all invalid fields. */
    private static String detail(List<Violation> violations) {
        if (violations.size() == 1) {
            Violation only = violations.getFirst();
            return only.field() + " " + only.message() + ".";
        }
        return "Invalid request: "
                + violations.stream().map(Violation::field).distinct().collect(joining(", ")) + ".";
    }

    /** A fault of the service: 500 {@code INTERNAL_ERROR}. */
    public static Problem internalError(String path) {
        return of(
                path,
                HttpStatus.INTERNAL_SERVER_ERROR,
                "INTERNAL_ERROR",
                "Keylapse failed to process this request. Its log has the cause.",
                null,
                Map.of());
    }

    /** A request that the stores cannot serve now: 503 {@code STORE_UNAVAILABLE}, to be retried after 1 second. */
    public static MutableHttpResponse<?> storeUnavailable(HttpRequest<?> request) {
        return of(
                        request,
                        HttpStatus.SERVICE_UNAVAILABLE,
                        "STORE_UNAVAILABLE",
                        "Keylapse cannot process this request right now. Try again in a second.")
                .response()
                .header(HttpHeaders.RETRY_AFTER, "1");
    }

    /** This problem as a response. It must not be cached, because the next response may differ. */
    public MutableHttpResponse<?> response() {
        return HttpResponse.status(HttpStatus.valueOf(status))
                .body(this)
                .contentType(MediaType.APPLICATION_JSON_PROBLEM_TYPE)
                .header(HttpHeaders.CACHE_CONTROL, "no-store");
    }
}
