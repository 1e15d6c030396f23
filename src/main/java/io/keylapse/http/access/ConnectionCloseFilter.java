package io.keylapse.http.access;

import io.keylapse.http.Draining;
import io.micronaut.core.order.Ordered;
import io.micronaut.http.HttpHeaders;
import io.micronaut.http.MutableHttpResponse;
import io.micronaut.http.annotation.ResponseFilter;
import io.micronaut.http.annotation.ServerFilter;
import io.micronaut.http.filter.ServerFilterPhase;

/** Closes each connection with its next response while this node is draining. */
@ServerFilter(ServerFilter.MATCH_ALL_PATTERN)
final class ConnectionCloseFilter implements Ordered {
    private final Draining draining;

    ConnectionCloseFilter(Draining draining) {
        this.draining = draining;
    }

    @ResponseFilter
    void close(MutableHttpResponse<?> response) {
        if (draining.hasBegun()) {
            response.getHeaders().set(HttpHeaders.CONNECTION, "close");
        }
    }

    /** First, so that it also sees responses that other filters send. */
    @Override
    public int getOrder() {
        return ServerFilterPhase.FIRST.order();
    }
}
