package io.keylapse.http.gateway;

import io.micronaut.http.HttpStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The response to a gateway, independent of the transport. */
public final class Answer {
    private final HttpStatus status;
    private final List<CharSequence> headers;
    private final String body;
    private volatile byte @Nullable [] sent;

    /**
     * @param headers alternating names and values, without the headers of the transport. The caller ensures that they
     *     contain only visible ASCII and spaces: nothing checks them later
     * @param body JSON; empty for none
     */
    public Answer(HttpStatus status, List<CharSequence> headers, String body) {
        this.status = status;
        this.headers = headers;
        this.body = body;
    }

    /** This answer with another header. */
    Answer with(CharSequence header, CharSequence value) {
        var more = new ArrayList<>(headers);
        more.add(header);
        more.add(value);
        return new Answer(status, more, body);
    }

    /** The status. */
    public HttpStatus status() {
        return status;
    }

    /** Alternating names and values, in visible ASCII and spaces, without the headers of the transport. */
    public List<CharSequence> headers() {
        return headers;
    }

    /** The body: JSON, or empty for none. */
    public String body() {
        return body;
    }

    /**
     * The response as bytes of a transport. They are made once and kept, because the response for a cached key is sent many
     * times. All callers must pass the same transport.
     */
    public byte[] sentAs(Function<Answer, byte[]> transport) {
        byte[] made = sent;
        if (made == null) {
            made = transport.apply(this);
            sent = made;
        }
        return made;
    }
}
