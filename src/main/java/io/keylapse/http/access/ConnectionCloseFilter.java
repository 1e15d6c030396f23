package io.keylapse.http.access;

import io.keylapse.http.Draining;
import io.micronaut.core.order.Ordered;
import io.micronaut.http.HttpHeaders;
import io.micronaut.http.MutableHttpResponse;
import io.micronaut.http.annotation.ResponseFilter;
import io.micronaut.http.annotation.ServerFilter;
import io.micronaut.http.filter.ServerFilterPhase;

/** Ends each connection with its next answer once this instance is about to end. */
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

    /** Before all others, or it would not see what they answer. */
    @Override
    public int getOrder() {
        return ServerFilterPhase.FIRST.order();
    }
}
