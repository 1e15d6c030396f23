package io.keylapse.http.connection.lane;

import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpRequest;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The place in a {@link RequestLane} that a connection's request has or waits for. */
public final class Place {
    private final Function<HttpRequest, @Nullable RequestLane> lanes;
    private @Nullable RequestLane taken;
    private boolean awaited;
    private boolean ended;

    public Place(Function<HttpRequest, @Nullable RequestLane> lanes) {
        this.lanes = lanes;
    }

    /** Whether a request waits for its place. */
    public boolean isAwaited() {
        return awaited;
    }

    /**
     * Takes a place for a request, if it needs one and has none yet.
     *
     * @param whenGranted runs on the event loop once there is a place, if there is none now
     * @return whether the request may continue, must wait, or is refused
     */
    public RequestLane.Entry take(ChannelHandlerContext context, HttpRequest request, Runnable whenGranted) {
        RequestLane lane = taken == null ? lanes.apply(request) : null;
        if (lane == null) {
            return RequestLane.Entry.GRANTED;
        }
        // Scheduled and not executed, so that the event loop serves other connections in between.
        RequestLane.Entry entry = lane.enter(() -> {
            var _ = context.executor().schedule(() -> grant(lane, whenGranted), 1, TimeUnit.NANOSECONDS);
        });
        awaited = entry == RequestLane.Entry.QUEUED;
        if (entry == RequestLane.Entry.GRANTED) {
            taken = lane;
        }
        return entry;
    }

    private void grant(RequestLane lane, Runnable whenGranted) {
        awaited = false;
        if (ended) {
            lane.leave();
        } else {
            taken = lane;
            whenGranted.run();
        }
    }

    /** Releases the place, if there is one. */
    public void leave() {
        RequestLane left = taken;
        if (left != null) {
            taken = null;
            left.leave();
        }
    }

    /** Releases the place for good: one that is granted later is released at once. */
    public void end() {
        ended = true;
        leave();
    }
}
