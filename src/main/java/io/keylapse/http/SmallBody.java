package io.keylapse.http;

import io.micronaut.http.HttpStatus;
import io.micronaut.http.exceptions.HttpStatusException;

/** The body of a call that is about one thing; the server takes larger ones only for those that are about many. */
public final class SmallBody {
    private static final int MOST_BYTES = 64 * 1024;

    private SmallBody() {}

    /**
     * The same body.
     *
     * @throws HttpStatusException if it is larger than 64 KiB
     */
    public static byte[] of(byte[] body) {
        if (body.length > MOST_BYTES) {
            throw new HttpStatusException(
                    HttpStatus.REQUEST_ENTITY_TOO_LARGE, "The body must be at most " + MOST_BYTES + " bytes here.");
        }
        return body;
    }
}
