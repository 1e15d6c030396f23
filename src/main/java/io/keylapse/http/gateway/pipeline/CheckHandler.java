package io.keylapse.http.gateway.pipeline;

import io.keylapse.http.Draining;
import io.keylapse.http.gateway.Answer;
import io.keylapse.http.gateway.CheckEndpoint;
import io.keylapse.http.gateway.Question;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayDeque;

/**
 * Answers {@code /check} on an HTTP/1 connection before Micronaut sees it, which would cost several times as much as the
 * answer. All other requests go on to Micronaut, and its answers pass by here.
 *
 * <p>Answers leave in the order of the requests: one that cannot be answered yet, because a verdict or an answer of
 * Micronaut is still to come or the client does not read, waits here with all that follow it, and no more is read.
 */
final class CheckHandler extends ChannelDuplexHandler {
    private final CheckEndpoint endpoint;
    private final Draining draining;
    private final boolean inBytes;
    private final boolean alone;

    /** What was read and must wait: a request for us, and whatever came after it. */
    private final ArrayDeque<Object> waiting = new ArrayDeque<>(2);

    /** How many requests Micronaut has not answered yet. */
    private int passedOn;

    /** Whether the verdict on the last request is still to come. */
    private boolean asking;

    /** Whether what is read belongs to the body of a request that was for us. */
    private boolean dropping;

    /** Whether this connection ends with the answer that is being made. */
    private boolean closing;

    /** Whether the last answer on this connection has been given. */
    private boolean ended;

    /** Whether Micronaut was given something since it was last told that this was all for now. */
    private boolean owesCompletion;

    private boolean inBatch;
    private boolean flushIsDue;
    private boolean readIsDue;
    private boolean resuming;

    /**
     * @param inBytes whether the codec lets bytes pass, see {@link AnswerCodec}
     * @param alone whether nothing but checks is answered on this connection, so that of all that was well formed nothing
     *     goes on to Micronaut
     */
    CheckHandler(CheckEndpoint endpoint, Draining draining, boolean inBytes, boolean alone) {
        this.endpoint = endpoint;
        this.draining = draining;
        this.inBytes = inBytes;
        this.alone = alone;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        inBatch = true;
        if (waiting.isEmpty() && !mustWait(context, message)) {
            take(context, message);
        } else {
            waiting.add(message);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        inBatch = false;
        if (flushIsDue) {
            flushIsDue = false;
            context.flush();
        }
        complete(context);
    }

    /** Micronaut, which asks for more each time that it is told of the end, need not be told if there was nothing for it. */
    private void complete(ChannelHandlerContext context) {
        if (owesCompletion) {
            owesCompletion = false;
            context.fireChannelReadComplete();
        } else {
            read(context);
        }
    }

    @Override
    public void read(ChannelHandlerContext context) {
        if (waiting.isEmpty()) {
            context.read();
        } else {
            readIsDue = true;
        }
    }

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        if (message instanceof HttpResponse response) {
            ended |= response.headers().containsValue(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE, true);
        }
        if (message instanceof LastHttpContent && !isInterim(message)) {
            passedOn--;
        }
        var _ = context.write(message, promise);
        if (passedOn == 0 && !waiting.isEmpty()) {
            // Not now: Micronaut is in the middle of writing.
            context.executor().execute(() -> resume(context));
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        context.fireChannelWritabilityChanged();
        resume(context);
    }

    /** Micronaut closes connections on which it knows of no request, when it stops; ours may still be under way. */
    @Override
    public void close(ChannelHandlerContext context, ChannelPromise promise) {
        if (asking && context.channel().isActive()) {
            closing = true;
            context.channel().closeFuture().addListener(_ -> promise.trySuccess());
        } else {
            var _ = context.close(promise);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        forget();
        context.fireChannelInactive();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        forget();
    }

    private void forget() {
        ended = true;
        waiting.forEach(ReferenceCountUtil::release);
        waiting.clear();
    }

    private boolean mustWait(ChannelHandlerContext context, Object message) {
        return message instanceof HttpRequest request
                && (asking || ((passedOn > 0 || !context.channel().isWritable()) && isForUs(request)));
    }

    private boolean isForUs(HttpRequest request) {
        return (alone || Question.isAskedBy(request.uri()))
                && request.decoderResult().isSuccess();
    }

    private void take(ChannelHandlerContext context, Object message) {
        if (message instanceof HttpRequest request) {
            dropping = isForUs(request);
            if (dropping) {
                ask(context, request);
            } else {
                passedOn++;
                pass(context, message);
            }
        } else if (dropping) {
            drop(context, message);
        } else {
            pass(context, message);
        }
    }

    private void pass(ChannelHandlerContext context, Object message) {
        owesCompletion = true;
        context.fireChannelRead(message);
    }

    private void drop(ChannelHandlerContext context, Object message) {
        ReferenceCountUtil.release(message);
        if (message instanceof HttpContent content && content.decoderResult().isFailure()) {
            // Where the next request begins cannot be known.
            if (asking) {
                closing = true;
            } else if (!ended) {
                ended = true;
                context.flush();
                var _ = context.close();
            }
        }
    }

    private void ask(ChannelHandlerContext context, HttpRequest request) {
        if (ended) {
            return;
        }
        Question question = Question.of(request.uri(), request.headers());
        if (alone && !Question.isAskedBy(request.uri())) {
            give(context, request, endpoint.nowhere(question));
            return;
        }
        asking = true;
        endpoint.answer(question, answer -> {
            if (context.executor().inEventLoop()) {
                give(context, request, answer);
            } else {
                context.executor().execute(() -> give(context, request, answer));
            }
        });
    }

    private void give(ChannelHandlerContext context, HttpRequest request, Answer answer) {
        asking = false;
        if (!context.channel().isActive()) {
            return;
        }
        boolean last = closing || draining.hasBegun() || !HttpUtil.isKeepAlive(request);
        Object response = inBytes
                ? AnswerBytes.of(request, answer, last, context.alloc())
                : AnswerMessage.of(request, answer, last);
        if (last) {
            ended = true;
            context.writeAndFlush(response).addListener(ChannelFutureListener.CLOSE);
        } else if (inBatch) {
            var _ = context.write(response, context.voidPromise());
            flushIsDue = true;
        } else {
            var _ = context.writeAndFlush(response, context.voidPromise());
        }
        resume(context);
    }

    /** Goes on with what waits, as far as it need not wait any longer. */
    private void resume(ChannelHandlerContext context) {
        if (resuming || waiting.isEmpty()) {
            return;
        }
        resuming = true;
        while (!waiting.isEmpty() && !mustWait(context, waiting.peek())) {
            take(context, waiting.remove());
        }
        resuming = false;
        if (owesCompletion && !inBatch) {
            // Micronaut waits for the end of what it reads before it begins.
            complete(context);
        }
        if (readIsDue && waiting.isEmpty()) {
            readIsDue = false;
            context.read();
        }
    }

    private static boolean isInterim(Object message) {
        return message instanceof HttpResponse response
                && response.status().codeClass() == HttpStatusClass.INFORMATIONAL
                && response.status().code() != 101;
    }
}
