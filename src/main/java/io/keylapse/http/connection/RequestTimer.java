package io.keylapse.http.connection;

import io.netty.channel.ChannelHandlerContext;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Timeout for a part of a request that arrives in pieces. It costs nothing while requests arrive whole. */
final class RequestTimer {
    /** The part that is incomplete. */
    enum Part {
        NOTHING,
        HEAD,
        BODY
    }

    private final ConnectionSettings settings;
    private final Consumer<Part> tooSlow;
    private Part part = Part.NOTHING;
    private @Nullable Future<?> timeout;

    RequestTimer(ConnectionSettings settings, Consumer<Part> tooSlow) {
        this.settings = settings;
        this.tooSlow = tooSlow;
    }

    /** Starts the timeout when this part is first incomplete, and stops that of any other part. */
    void watch(Part current, ChannelHandlerContext context) {
        if (current != part) {
            stop();
            part = current;
            if (current != Part.NOTHING) {
                long millis = (current == Part.HEAD ? settings.headerTimeout() : settings.bodyTimeout()).toMillis();
                timeout = context.executor().schedule(() -> tooSlow.accept(current), millis, TimeUnit.MILLISECONDS);
            }
        }
    }

    void stop() {
        part = Part.NOTHING;
        Future<?> running = timeout;
        if (running != null) {
            timeout = null;
            running.cancel(false);
        }
    }
}
