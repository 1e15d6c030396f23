package io.keylapse.http.connection;

import io.keylapse.http.connection.framing.Framing;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import org.jspecify.annotations.Nullable;

/**
 * The request under way on a connection, and its answer. A connection has one object for all its requests, one after the other.
 *
 * <p>It decides whether the connection ends with the answer: if either side asks for that, or if the answer begins before the
 * request's body has arrived, because the bytes that follow could be the body or another request.
 */
final class Exchange {
    private @Nullable HttpRequest request;
    private boolean underWay;
    private boolean answerBegun;
    private boolean bodyEnded = true;
    private boolean last;

    /** A request begins. Its body is still to come. */
    void begin(HttpRequest begun) {
        request = begun;
        underWay = true;
        bodyEnded = false;
    }

    /** The request has arrived completely. */
    void endBody() {
        bodyEnded = true;
    }

    /** The answer begins. Its head says so if the connection ends with it. */
    void beginAnswer(HttpResponse response) {
        answerBegun = true;
        if (!last && bodyIsMissing()) {
            last = true;
            response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
        } else {
            last |= response.headers().containsValue(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE, true);
        }
    }

    /** The answer is complete, so the next request may begin, unless the connection {@link #isLast ends}. */
    void endAnswer() {
        underWay = false;
        answerBegun = false;
    }

    /** Makes this exchange the last one of the connection. */
    void makeLast() {
        last = true;
    }

    /** Whether a request is not answered yet. */
    boolean isUnderWay() {
        return underWay;
    }

    /** Whether a part of the answer was sent. */
    boolean hasBegunAnswer() {
        return answerBegun;
    }

    /** Whether the request has arrived completely. */
    boolean hasWholeBody() {
        return bodyEnded;
    }

    /** Whether the connection ends with this answer. */
    boolean isLast() {
        return last;
    }

    /** Only if a body was announced: Micronaut may answer a request without a body before it gets the end of it. */
    private boolean bodyIsMissing() {
        HttpRequest current = request;
        return !bodyEnded && current != null && Framing.announcesBody(current);
    }
}
