package io.keylapse.http.gateway.pipeline;

import io.keylapse.http.Draining;
import io.keylapse.http.connection.RequestSequencer;
import io.keylapse.http.gateway.Answer;
import io.keylapse.http.gateway.CheckEndpoint;
import io.keylapse.http.gateway.Question;
import io.netty.buffer.ByteBufHolder;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Handler for {@code /check} on an HTTP/1 connection, in front of Micronaut, which would cost several times as much as the
 * check. All other requests go on to Micronaut. A {@link RequestSequencer} in front lets requests through one at a time.
 *
 * <p>Bodies are dropped. So that the connection can stay open, the answer waits until the body has ended, for up to {@value
 * #MAX_BODY_MILLIS} ms while it keeps arriving. If none of the body arrives within {@value #FIRST_PIECE_MILLIS} ms, the
 * answer is sent and the connection ends.
 */
final class CheckHandler extends ChannelDuplexHandler {
    private static final long FIRST_PIECE_MILLIS = 50;
    private static final long MAX_BODY_MILLIS = 1_000;

    private final CheckEndpoint endpoint;
    private final Draining draining;
    private final RequestSequencer sequencer;
    private final boolean inBytes;
    private final @Nullable GatewayProbes probes;

    /** The check that is not answered yet; null if there is none. */
    private @Nullable Exchange asked;

    /** Whether the messages that arrive belong to the body of a check. */
    private boolean dropping;

    /** Whether this connection ends with the next answer. */
    private boolean closing;

    /** Whether Micronaut got a message for which it has not yet got {@code channelReadComplete}. */
    private boolean owesCompletion;

    private boolean inBatch;
    private boolean flushIsDue;

    /**
     * @param inBytes whether the codec lets bytes pass, see {@link AnswerCodec}
     * @param probes answers all other requests on a connection for gateways; null on other connections, where Micronaut
     *     answers them
     */
    CheckHandler(
            CheckEndpoint endpoint,
            Draining draining,
            RequestSequencer sequencer,
            boolean inBytes,
            @Nullable GatewayProbes probes) {
        this.endpoint = endpoint;
        this.draining = draining;
        this.sequencer = sequencer;
        this.inBytes = inBytes;
        this.probes = probes;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        inBatch = true;
        if (message instanceof HttpRequest request) {
            dropping = probes != null || Question.isAskedBy(request.uri());
            if (dropping) {
                ask(context, request);
                return;
            }
        }
        if (dropping) {
            drop(context, message);
        } else {
            owesCompletion = true;
            context.fireChannelRead(message);
        }
    }

    /** Passed on only if Micronaut got a message: it would start another read each time. */
    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        inBatch = false;
        if (flushIsDue) {
            flushIsDue = false;
            context.flush();
        }
        Exchange exchange = asked;
        if (exchange != null && exchange.answer != null) {
            waitForBody(context, exchange);
        }
        if (owesCompletion) {
            owesCompletion = false;
            context.fireChannelReadComplete();
        } else {
            context.read();
        }
    }

    /**
     * On shutdown Micronaut closes connections without a request that it knows of. A check may still be in progress, so the
     * connection closes after its answer.
     */
    @Override
    public void close(ChannelHandlerContext context, ChannelPromise promise) {
        if (asked != null && !sequencer.isOver() && context.channel().isActive()) {
            closing = true;
            context.channel().closeFuture().addListener(_ -> promise.trySuccess());
        } else {
            var _ = context.close(promise);
        }
    }

    private void ask(ChannelHandlerContext context, HttpRequest request) {
        var exchange = new Exchange(request);
        asked = exchange;
        Question question = Question.of(request.uri(), request.headers());
        Consumer<Answer> gateway = answer -> {
            if (context.executor().inEventLoop()) {
                answered(context, exchange, answer);
            } else {
                context.executor().execute(() -> answered(context, exchange, answer));
            }
        };
        GatewayProbes others = probes;
        if (others == null || Question.isAskedBy(request.uri())) {
            endpoint.answer(question, gateway);
        } else {
            others.answer(request.method(), question, gateway);
        }
    }

    private void answered(ChannelHandlerContext context, Exchange exchange, Answer answer) {
        exchange.answer = answer;
        if (sequencer.bodyHasEnded()) {
            give(context, exchange);
        } else if (!inBatch) {
            waitForBody(context, exchange);
        }
    }

    private void drop(ChannelHandlerContext context, Object message) {
        Exchange exchange = asked;
        if (exchange != null) {
            exchange.bodyBegun |= message instanceof ByteBufHolder content
                    && content.content().isReadable();
        }
        ReferenceCountUtil.release(message);
        if (exchange != null && message instanceof LastHttpContent) {
            give(context, exchange);
        }
    }

    private void waitForBody(ChannelHandlerContext context, Exchange exchange) {
        if (HttpUtil.is100ContinueExpected(exchange.request)) {
            give(context, exchange);
        } else if (!exchange.waits) {
            exchange.waits = true;
            after(context, FIRST_PIECE_MILLIS, () -> {
                if (exchange.bodyBegun) {
                    after(context, MAX_BODY_MILLIS, () -> give(context, exchange));
                } else {
                    give(context, exchange);
                }
            });
        }
    }

    private static void after(ChannelHandlerContext context, long millis, Runnable task) {
        var _ = context.executor().schedule(task, millis, TimeUnit.MILLISECONDS);
    }

    /** Sends the answer, unless it is not there yet, was sent already, or the connection was refused meanwhile. */
    private void give(ChannelHandlerContext context, Exchange exchange) {
        Answer answer = exchange.answer;
        if (asked != exchange || answer == null) {
            return;
        }
        asked = null;
        if (sequencer.isOver()) {
            return;
        }
        HttpRequest request = exchange.request;
        boolean last = closing || draining.hasBegun() || !HttpUtil.isKeepAlive(request) || !sequencer.bodyHasEnded();
        if (last) {
            sequencer.endWithThisAnswer();
        }
        Object response = inBytes
                ? AnswerBytes.of(request, answer, last, context.alloc())
                : AnswerMessage.of(request, answer, last);
        if (inBatch && !last) {
            var _ = context.write(response, context.voidPromise());
            flushIsDue = true;
        } else {
            var _ = context.writeAndFlush(response, context.voidPromise());
        }
    }

    /** One check, from its headers to its answer. */
    private static final class Exchange {
        private final HttpRequest request;
        private @Nullable Answer answer;
        private boolean bodyBegun;
        private boolean waits;

        Exchange(HttpRequest request) {
            this.request = request;
        }
    }
}
