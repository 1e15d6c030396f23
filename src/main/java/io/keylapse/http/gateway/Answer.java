package io.keylapse.http.gateway;

import io.micronaut.http.HttpStatus;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** How a gateway is answered, whatever transport carries it. */
public final class Answer {
    private final HttpStatus status;
    private final List<CharSequence> headers;
    private final String body;
    private volatile byte @Nullable [] sent;

    /**
     * @param headers the headers but those of the transport: names and values in turn, in visible ASCII and spaces, which
     *     nobody looks at again: whoever makes an answer sees to it
     * @param body the body, a problem; empty for none
     */
    Answer(HttpStatus status, List<CharSequence> headers, String body) {
        this.status = status;
        this.headers = headers;
        this.body = body;
    }

    /** The status. */
    public HttpStatus status() {
        return status;
    }

    /** Names and values in turn, in visible ASCII and spaces, without those of the transport. */
    public List<CharSequence> headers() {
        return headers;
    }

    /** The body, a problem; empty for none. */
    public String body() {
        return body;
    }

    /**
     * As it is sent by the one transport that keeps this with the answer, because an answer to a key that is remembered is
     * sent again and again.
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
