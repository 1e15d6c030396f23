package io.keylapse.http.connection;

import io.netty.handler.codec.http.HttpRequest;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayDeque;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What a client sent beyond the request that is under way. It is held as bytes in the decoder or, where Netty's own decodes
 * because HTTP/2 is spoken there too, as messages.
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

    /** Whether anything is held. */
    boolean any() {
        return !messages.isEmpty() || (decoder != null && decoder.isHolding());
    }

    /** Whether the client has sent a part of the next request's head, which is not held but incomplete. */
    boolean endWithinHead() {
        return decoder != null && decoder.isWithinHead();
    }

    /** Holds a message if it must wait, and says whether it does. */
    boolean hold(Object message) {
        boolean held = !messages.isEmpty() || (message instanceof HttpRequest && mustWait.getAsBoolean());
        if (held) {
            messages.add(message);
        }
        return held;
    }

    /** Holds a request that was let go on and must wait after all. */
    void putBack(HttpRequest request) {
        messages.addFirst(request);
    }

    /** Lets go on as much as need not wait any longer, and then tells of the end of it as of the end of a read. */
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
