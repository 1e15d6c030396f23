package io.keylapse.app.embedded;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Picks a free port on 127.0.0.1.
 *
 * <p>Each server has its own range, so that stores starting together never pick the same port. Both ranges are below
 * the ephemeral ports: an outgoing connection could otherwise take the port, or a client that reconnects to a stopped
 * server could connect to itself.
 */
enum FreePort {
    REDIS(16_000),
    POSTGRES(21_000);

    private static final int RANGE = 5_000;
    private static final int TRIES = 200;

    private final int first;

    FreePort(int first) {
        this.first = first;
    }

    int pick() {
        for (int i = 0; i < TRIES; i++) {
            int port = first + ThreadLocalRandom.current().nextInt(RANGE);
            if (isFree(port)) {
                return port;
            }
        }
        throw new EmbeddedStoresException("no free port was found on 127.0.0.1 between " + first + " and "
                + (first + RANGE - 1) + "; stop programs that listen there and start again");
    }

    private static boolean isFree(int port) {
        try (ServerSocket probe = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            return probe.isBound();
        } catch (IOException e) {
            return false;
        }
    }
}
