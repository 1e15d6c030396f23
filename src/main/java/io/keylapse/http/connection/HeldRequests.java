package io.keylapse.http.connection;

import io.netty.handler.codec.http.HttpRequest;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayDeque;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Pipelined requests that wait for the one in progress. They are kept as bytes in our decoder or, if Netty's own decoder is
 * in place because HTTP/2 is enabled, as messages.
 */
final class HeldRequests {
    private final @Nullable RequestDecoder decoder;
    private final BooleanSupplier mustWait;
    private final ArrayDeque<Object> messages = new ArrayDeque<>(2);

    HeldRequests(@Nullable RequestDecoder decoder, BooleanSupplier mustWait) {
        this.decoder = decoder;
        this.mustWait = mustWait;
        if (decoder != null) {
            decoder.waitWhile(mustWait);
        }
    }

    /** Whether anything waits. */
    boolean any() {
        return !messages.isEmpty() || (decoder != null && decoder.isHolding());
    }

    /** Whether the data ends within the head of the next request, so that it is incomplete rather than held. */
    boolean endWithinHead() {
        return decoder != null && decoder.isWithinHead();
    }

    /**
     * Holds a message if it must wait.
     *
     * @return whether it is held
     */
    boolean hold(Object message) {
        boolean held = !messages.isEmpty() || (message instanceof HttpRequest && mustWait.getAsBoolean());
        if (held) {
            messages.add(message);
        }
        return held;
    }

    /** Holds a request that was passed on and must wait after all. */
    void putBack(HttpRequest request) {
        messages.addFirst(request);
    }

    /** Passes on the messages that need not wait any longer, and then signals the end of a read. */
    void proceed(Consumer<Object> next, Runnable end) {
        if (messages.isEmpty()) {
            if (decoder != null && !mustWait.getAsBoolean()) {
                decoder.proceed();
            }
            return;
        }
        while (!messages.isEmpty() && !(messages.peek() instanceof HttpRequest && mustWait.getAsBoolean())) {
            next.accept(messages.remove());
        }
        end.run();
    }

    void forget() {
        messages.forEach(ReferenceCountUtil::release);
        messages.clear();
    }
}
