package io.keylapse.http;

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
 * An error as its caller sees it.
 *
 * @param code the stable word for it
 * @param detail what happened and what to do next
 * @param errors what is wrong with which field
 * @param more further members
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

    /** A problem without further members. */
    public static Problem of(HttpRequest<?> request, HttpStatus status, String code, String detail) {
        return of(request, status, code, detail, null, Map.of());
    }

    /** A problem. */
    public static Problem of(
            HttpRequest<?> request,
            HttpStatus status,
            String code,
            String detail,
            @Nullable List<Violation> errors,
            Map<String, String> more) {
        return of(request.getUri().getRawPath(), status, code, detail, errors, more);
    }

    /** A problem with what was asked of this path. */
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

    /** What breaks a rule. */
    public static Problem of(String path, InvalidInputException invalid) {
        String fields = String.join(
                ", ",
                invalid.violations().stream()
                        .map(each -> each.field())
                        .distinct()
                        .toList());
        return of(
                path,
                HttpStatus.BAD_REQUEST,
                "INVALID_REQUEST",
                "Nothing was done, because of: " + fields + ".",
                invalid.violations(),
                Map.of());
    }

    /** What went wrong here and is nobody else's fault. */
    public static Problem internalError(String path) {
        return of(
                path,
                HttpStatus.INTERNAL_SERVER_ERROR,
                "INTERNAL_ERROR",
                "Something went wrong here that is not your fault; the log of the service has more.",
                null,
                Map.of());
    }

    /** That neither store can say, or do, what was asked: come back in a moment. */
    public static MutableHttpResponse<?> storeUnavailable(HttpRequest<?> request) {
        return of(
                        request,
                        HttpStatus.SERVICE_UNAVAILABLE,
                        "STORE_UNAVAILABLE",
                        "This cannot be known or done right now; try again in a moment.")
                .response()
                .header(HttpHeaders.RETRY_AFTER, "1");
    }

    /** This problem as a response, which nobody may keep: the next answer may be another. */
    public MutableHttpResponse<?> response() {
        return HttpResponse.status(HttpStatus.valueOf(status))
                .body(this)
                .contentType(MediaType.APPLICATION_JSON_PROBLEM_TYPE)
                .header(HttpHeaders.CACHE_CONTROL, "no-store");
    }
}
