package io.keylapse.http;

import io.keylapse.key.input.InvalidInputException;
import io.keylapse.key.input.InvalidInputException.Violation;
import io.keylapse.registry.sql.PostgresFailure;
import io.keylapse.registry.sql.lane.NoTurnException;
import io.micronaut.context.annotation.Factory;
import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MediaType;
import io.micronaut.http.MutableHttpResponse;
import io.micronaut.http.server.exceptions.ExceptionHandler;
import io.micronaut.http.server.exceptions.response.ErrorContext;
import io.micronaut.http.server.exceptions.response.ErrorResponseProcessor;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Error handlers: turn exceptions, and requests that Micronaut refuses itself, into a {@link Problem}. */
@Factory
final class ProblemResponses {
    private static final Logger LOG = LoggerFactory.getLogger(ProblemResponses.class);
    private static final Map<HttpStatus, String> CODES = Map.of(
            HttpStatus.BAD_REQUEST, "INVALID_REQUEST",
            HttpStatus.NOT_FOUND, "NOT_FOUND",
            HttpStatus.METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED",
            HttpStatus.NOT_ACCEPTABLE, "NOT_ACCEPTABLE",
            HttpStatus.REQUEST_ENTITY_TOO_LARGE, "BODY_TOO_LARGE",
            HttpStatus.UNSUPPORTED_MEDIA_TYPE, "NOT_JSON",
            HttpStatus.SERVICE_UNAVAILABLE, "STORE_UNAVAILABLE",
            HttpStatus.INTERNAL_SERVER_ERROR, "INTERNAL_ERROR");

    @Singleton
    ExceptionHandler<InvalidInputException, HttpResponse<?>> invalidInput() {
        return (request, invalid) -> invalid(request, invalid);
    }

    @Singleton
    ExceptionHandler<RequestBodies.NoRoomException, HttpResponse<?>> noRoom() {
        return (request, full) -> Problem.of(
                        request,
                        HttpStatus.SERVICE_UNAVAILABLE,
                        "TOO_MANY_BODIES",
                        "Too many request bodies are being read. Try again in a second.")
                .response()
                .header(HttpHeaders.RETRY_AFTER, "1");
    }

    @Singleton
    ExceptionHandler<NoTurnException, HttpResponse<?>> noTurn() {
        return (request, busy) -> Problem.of(
                        request,
                        HttpStatus.SERVICE_UNAVAILABLE,
                        "TOO_BUSY",
                        "Keylapse is busy with other requests. Try again in a few seconds.")
                .response()
                .header(HttpHeaders.RETRY_AFTER, "2");
    }

    @Singleton
    ExceptionHandler<RuntimeException, HttpResponse<?>> failure() {
        return (request, failure) -> {
            if (PostgresFailure.isUnavailable(failure)) {
                LOG.warn("answered a request with 503: {}", PostgresFailure.inWords(failure));
                return Problem.storeUnavailable(request);
            }
            LOG.error("failed to process a request", failure);
            return Problem.internalError(request.getUri().getRawPath()).response();
        };
    }

    @Singleton
    ErrorResponseProcessor<Problem> refusedByMicronaut() {
        return new ErrorResponseProcessor<>() {
            @Override
            public MutableHttpResponse<Problem> processResponse(ErrorContext context, MutableHttpResponse<?> response) {
                HttpStatus status = response.status();
                String code = CODES.getOrDefault(status, status.name());
                String detail = context.getErrors().isEmpty()
                        ? status.getReason()
                        : context.getErrors().getFirst().getMessage();
                List<Violation> errors =
                        status == HttpStatus.BAD_REQUEST ? List.of(new Violation("request", detail)) : null;
                return response.body(Problem.of(context.getRequest(), status, code, detail, errors, Map.of()))
                        .contentType(MediaType.APPLICATION_JSON_PROBLEM_TYPE)
                        .header(HttpHeaders.CACHE_CONTROL, "no-store")
                        // No filter runs for a request that could not be read.
                        .header("X-Content-Type-Options", "nosniff");
            }
        };
    }

    static HttpResponse<?> invalid(HttpRequest<?> request, InvalidInputException invalid) {
        return Problem.of(request.getUri().getRawPath(), invalid).response();
    }
}
