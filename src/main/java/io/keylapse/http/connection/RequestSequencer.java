package io.keylapse.http.connection;

import io.keylapse.http.connection.framing.Framing;
import io.keylapse.http.connection.framing.RequestError;
import io.keylapse.http.connection.framing.RequestErrorWriter;
import io.keylapse.http.connection.lane.Place;
import io.keylapse.http.connection.lane.RequestLane;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.nio.channels.ClosedChannelException;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Sequencer for the requests of an HTTP/1 connection: passes them on one at a time. The next one waits until the previous
 * one is answered and the client reads its answers. After {@value #MAX_PER_TURN} requests of one connection, the event loop
 * serves other connections first.
 *
 * <p>An {@link Exchange} decides whether the connection ends with an answer. Malformed requests and requests that arrive too
 * slowly are refused here.
 */
public final class RequestSequencer extends ChannelDuplexHandler {
    private static final int MAX_PER_TURN = 16;

    private final Place place;
    private final HeldRequests held;
    private final RequestErrorWriter errors;
    private final RequestTimer timer;

    private final Exchange exchange = new Exchange();

    /** Whether the last answer was sent. */
    private boolean over;

    private int passedInTurn;
    private boolean inBatch;
    private boolean readIsDue;
    private boolean proceedIsDue;
    private boolean refused;
    private @Nullable ChannelHandlerContext context;

    /**
     * @param decoder the decoder of this connection; null if it is Netty's own, because HTTP/2 is enabled
     * @param lanes the lane in which a request needs a place; null for none
     */
    public RequestSequencer(
            @Nullable RequestDecoder decoder,
            Function<HttpRequest, @Nullable RequestLane> lanes,
            RequestErrorWriter errors,
            ConnectionSettings settings) {
        this.place = new Place(lanes);
        this.held = new HeldRequests(decoder, this::mustWait);
        this.errors = errors;
        this.timer = new RequestTimer(settings, this::tooSlow);
    }

    /** Whether the current request has arrived completely. */
    public boolean bodyHasEnded() {
        return exchange.hasWholeBody();
    }

    /** Whether this connection has sent its last answer. */
    public boolean isOver() {
        return over;
    }

    /** Makes the next answer the last one of this connection. */
    public void endWithThisAnswer() {
        exchange.makeLast();
    }

    @Override
    public void handlerAdded(ChannelHandlerContext added) {
        context = added;
    }

    @Override
    public void channelRead(ChannelHandlerContext current, Object message) {
        inBatch = true;
        if (over) {
            ReferenceCountUtil.release(message);
        } else if (!held.hold(message)) {
            pass(current, message);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext current) {
        inBatch = false;
        passedInTurn = 0;
        current.fireChannelReadComplete();
        if (!exchange.hasWholeBody()) {
            // Other requests may run while this one waits for its client.
            place.leave();
        }
        if (!over) {
            timer.watch(incompletePart(), current);
            proceedSoon(current);
        }
    }

    /** Nothing is read while requests wait, so TCP slows down a client that sends without reading. */
    @Override
    public void read(ChannelHandlerContext current) {
        if (held.any()) {
            readIsDue = true;
        } else {
            current.read();
        }
    }

    @Override
    public void write(ChannelHandlerContext current, Object message, ChannelPromise promise) {
        if (over) {
            // The connection was refused while this answer was being made.
            ReferenceCountUtil.release(message);
            promise.tryFailure(new ClosedChannelException());
            return;
        }
        if (message instanceof HttpResponse response && !isInterim(response)) {
            exchange.beginAnswer(response);
            place.leave();
        }
        if (message instanceof ByteBuf || (message instanceof LastHttpContent && !isInterim(message))) {
            exchange.endAnswer();
            place.leave();
            if (exchange.isLast()) {
                over = true;
                timer.stop();
                current.writeAndFlush(message, promise.unvoid()).addListener(_ -> close(current, current.newPromise()));
                return;
            }
            if (!inBatch) {
                proceedSoon(current);
            }
        }
        var _ = current.write(message, promise);
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext current) {
        current.fireChannelWritabilityChanged();
        proceedSoon(current);
    }

    @Override
    public void close(ChannelHandlerContext current, ChannelPromise promise) {
        if (over && clientMayBeSending() && current.channel().isActive()) {
            LingeringClose.begin(current.channel(), promise);
        } else {
            var _ = current.close(promise);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext current) {
        forget();
        current.fireChannelInactive();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext current) {
        forget();
    }

    private void forget() {
        over = true;
        place.end();
        timer.stop();
        held.forget();
    }

    private boolean mustWait() {
        ChannelHandlerContext current = context;
        return exchange.isUnderWay()
                || place.isAwaited()
                || over
                || passedInTurn >= MAX_PER_TURN
                || (current != null && !current.channel().isWritable());
    }

    private boolean clientMayBeSending() {
        return !exchange.hasWholeBody() || refused || held.any();
    }

    private void pass(ChannelHandlerContext current, Object message) {
        if (message instanceof HttpRequest begun) {
            timer.stop();
            RequestError error = Framing.error(begun);
            if (error != null) {
                ReferenceCountUtil.release(message);
                refuse(current, error);
                return;
            }
            RequestLane.Entry entry = place.take(current, begun, () -> proceed(current));
            if (entry == RequestLane.Entry.QUEUED) {
                held.putBack(begun);
                return;
            }
            if (entry == RequestLane.Entry.REFUSED) {
                ReferenceCountUtil.release(message);
                refuse(current, RequestError.TOO_BUSY);
                return;
            }
            exchange.begin(begun);
            passedInTurn++;
        }
        if (message instanceof HttpContent content && content.decoderResult().isFailure()) {
            ReferenceCountUtil.release(message);
            refuse(current, RequestError.MALFORMED_BODY);
            return;
        }
        if (message instanceof LastHttpContent) {
            exchange.endBody();
        }
        current.fireChannelRead(message);
    }

    private RequestTimer.Part incompletePart() {
        if (!exchange.hasWholeBody()) {
            return RequestTimer.Part.BODY;
        }
        return held.endWithinHead() ? RequestTimer.Part.HEAD : RequestTimer.Part.NOTHING;
    }

    private void tooSlow(RequestTimer.Part part) {
        ChannelHandlerContext current = context;
        if (current != null && !over) {
            refuse(current, part == RequestTimer.Part.HEAD ? RequestError.HEADERS_TIMEOUT : RequestError.BODY_TIMEOUT);
        }
    }

    /** Ends the connection: with this error as the answer or, if another answer has begun, in the middle of it. */
    private void refuse(ChannelHandlerContext current, RequestError error) {
        boolean mayAnswer = !exchange.hasBegunAnswer();
        over = true;
        refused = true;
        timer.stop();
        place.end();
        if (mayAnswer) {
            current.writeAndFlush(errors.answer(error)).addListener(_ -> close(current, current.newPromise()));
        } else {
            errors.count(error);
            var _ = current.close();
        }
    }

    /**
     * Continues after the event loop has read and written for other connections. Tasks passed to {@code execute} would run
     * before that, for up to a second; a scheduled task runs after it.
     */
    private void proceedSoon(ChannelHandlerContext current) {
        if (held.any() && !mustWait() && !proceedIsDue) {
            proceedIsDue = true;
            var _ = current.executor().schedule(() -> proceed(current), 1, TimeUnit.NANOSECONDS);
        }
    }

    private void proceed(ChannelHandlerContext current) {
        proceedIsDue = false;
        held.proceed(message -> pass(current, message), () -> channelReadComplete(current));
        if (readIsDue && !held.any()) {
            readIsDue = false;
            current.read();
        }
    }

    private static boolean isInterim(Object message) {
        return message instanceof HttpResponse response
                && response.status().codeClass() == HttpStatusClass.INFORMATIONAL
                && response.status().code() != 101;
    }
}
