package io.keylapse.http.management;

import io.keylapse.http.Problem;
import io.keylapse.key.KeyId;
import io.keylapse.key.input.InvalidInputException;
import io.keylapse.lifecycle.ChangeOutcome;
import io.keylapse.registry.KeyRecord;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.Map;

/** The HTTP responses to requests about a key. */
final class KeyResponses {
    private KeyResponses() {}

    static HttpResponse<?> to(HttpRequest<?> request, ChangeOutcome outcome) {
        return switch (outcome) {
            case ChangeOutcome.Issued issued ->
                HttpResponse.created(
                        KeyJson.of(issued.key(), issued.secret().reveal(), issued.enforcement()),
                        location(issued.key()));
            case ChangeOutcome.Repeated repeated ->
                HttpResponse.created(KeyJson.of(repeated.key()), location(repeated.key()));
            case ChangeOutcome.Done done -> HttpResponse.ok(KeyJson.of(done.key(), done.enforcement()));
            case ChangeOutcome.NotFound _ -> notFound(request);
            case ChangeOutcome.Ended ended -> ended(request, ended.key());
            case ChangeOutcome.NotAllowed notAllowed -> ended(request, notAllowed.key());
            case ChangeOutcome.TooMany tooMany -> ended(request, tooMany.key());
            case ChangeOutcome.IdempotencyMismatch _ ->
                Problem.of(
                                request,
                                HttpStatus.CONFLICT,
                                "IDEMPOTENCY_MISMATCH",
                                "This Idempotency-Key was used for another request. Use a new one for a new request.")
                        .response();
            case ChangeOutcome.IdempotencyInProgress _ ->
                Problem.of(
                                request,
                                HttpStatus.CONFLICT,
                                "IDEMPOTENCY_IN_PROGRESS",
                                "The first request with this Idempotency-Key is still running. Try again in a few seconds.")
                        .response();
        };
    }

    static HttpResponse<?> notFound(HttpRequest<?> request) {
        return Problem.of(request, HttpStatus.NOT_FOUND, "NOT_FOUND", "There is no such key.")
                .response();
    }

    /** @throws InvalidInputException if this is not the id of a key */
    static KeyId keyId(String text) {
        return KeyId.parse(text)
                .orElseThrow(() -> new InvalidInputException(
                        "id", "must be a key id: key_ and 22 characters of 0-9, A-Z and a-z"));
    }

    private static HttpResponse<?> ended(HttpRequest<?> request, KeyRecord key) {
        var members = new LinkedHashMap<String, String>();
        members.put("keyId", key.id().toString());
        members.put("state", key.state().word());
        KeyId successor = key.term().successorId();
        if (successor != null) {
            members.put("successorId", successor.toString());
        }
        String detail = successor == null
                ? "This key is " + key.state().word() + ". Issue a new one."
                : "This key was replaced. Use its successor.";
        return Problem.of(request, HttpStatus.CONFLICT, "KEY_ENDED", detail, null, Map.copyOf(members))
                .response();
    }

    private static URI location(KeyRecord key) {
        return URI.create("/v1/keys/" + key.id());
    }
}
