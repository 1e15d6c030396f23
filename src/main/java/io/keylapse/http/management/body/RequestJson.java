package io.keylapse.http.management.body;

import io.keylapse.http.RequestBodies;
import io.keylapse.http.RequestBodies.Size;
import io.keylapse.key.input.InvalidInputException;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.exceptions.HttpStatusException;
import jakarta.inject.Singleton;

/** Reads the body of a request as a record, by the rules of {@link StrictJson}. */
@Singleton
public final class RequestJson {
    private final RequestBodies bodies;

    RequestJson(RequestBodies bodies) {
        this.bodies = bodies;
    }

    /**
     * The body as a record.
     *
     * @throws InvalidInputException if it is not JSON in UTF-8, or does not fit the record
     * @throws HttpStatusException if it is larger than {@link Size#SMALL}
     */
    public <T> T read(HttpRequest<?> request, Class<T> type) {
        return bodies.read(request, Size.SMALL, body -> StrictJson.parse(body, type));
    }

    /** The body as a record, or {@code ifMissing} if there is no body. */
    public <T> T read(HttpRequest<?> request, Class<T> type, T ifMissing) {
        return bodies.read(request, Size.SMALL, body -> body.length == 0 ? ifMissing : StrictJson.parse(body, type));
    }

    /** The same for a call by a key holder. Its body does not count towards the budget of the management API. */
    public <T> T readFromHolder(HttpRequest<?> request, Class<T> type, T ifMissing) {
        return bodies.read(request, Size.HOLDER, body -> body.length == 0 ? ifMissing : StrictJson.parse(body, type));
    }

    /** The body of a call that anybody can make with the token of a link. */
    public <T> T readWithLink(HttpRequest<?> request, Class<T> type) {
        return bodies.read(request, Size.LINK, body -> StrictJson.parse(body, type));
    }

    /** The body of a batch call, which may be as large as {@link Size#LARGE}. */
    public <T> T readBatch(HttpRequest<?> request, Class<T> type) {
        return bodies.read(request, Size.LARGE, body -> StrictJson.parse(body, type));
    }
}
