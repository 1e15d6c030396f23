package io.keylapse.http.gateway;

import io.keylapse.check.Verdict;
import io.micronaut.http.HttpStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The response to a gateway, independent of the transport. */
public final class Answer {
    /**
     * Names of the headers that say whose a valid key is. A gateway passes them on to the backend; those of a caller must
     * never get there.
     */
    public static final List<String> IDENTITY =
            List.of("X-Consumer-ID", "X-Credential-Identifier", "X-Key-Scopes", "X-Key-Expires-At", "X-Key-Expires-In");

    private final HttpStatus status;
    private final List<CharSequence> headers;
    private final String body;
    private final Verdict.@Nullable Good good;
    private volatile byte @Nullable [] sent;
    private volatile @Nullable Object message;

    /** A refusal, or the answer of a probe. */
    public Answer(HttpStatus status, List<CharSequence> headers, String body) {
        this(status, headers, body, null);
    }

    /**
     * @param headers alternating names and values, without the headers of the transport. The caller ensures that they
     *     contain only visible ASCII and spaces: nothing checks them later
     * @param body a problem; empty for none
     * @param good the valid key; null in refusals
     */
    Answer(HttpStatus status, List<CharSequence> headers, String body, Verdict.@Nullable Good good) {
        this.status = status;
        this.headers = headers;
        this.body = body;
        this.good = good;
    }

    /** This answer with another header. */
    Answer with(CharSequence header, CharSequence value) {
        var more = new ArrayList<>(headers);
        more.add(header);
        more.add(value);
        return new Answer(status, more, body, good);
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

    /** The valid key; null in refusals. */
    public Verdict.@Nullable Good good() {
        return good;
    }

    /** The response as the message of a transport, made once and kept like {@link #sentAs}. */
    @SuppressWarnings("unchecked") // there is only one such transport, so always the same type
    public <T> T sentAsMessage(Function<Answer, T> transport) {
        Object made = message;
        if (made == null) {
            made = transport.apply(this);
            message = made;
        }
        return (T) made;
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
