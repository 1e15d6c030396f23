package io.keylapse.client;

import io.keylapse.client.CheckResult.Unavailable;
import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** The nodes of a client, which take turns. If one gives no answer, one other is asked. Thread-safe. */
final class Nodes implements Closeable {
    private static final int ATTEMPTS = 2;

    private final List<Node> nodes;
    private final Duration total;
    private final AtomicInteger turn = new AtomicInteger();

    /** @param total the time limit of an exchange in all */
    Nodes(List<Node> nodes, Duration total) {
        this.nodes = nodes;
        this.total = total;
    }

    /** A request to a node and its response, as {@code T}. An {@link IOException} means that there was no usable response. */
    interface Exchange<T> {
        T with(Node node, long end) throws IOException, InterruptedException;
    }

    /** @param unavailable creates the result if no node answered, from the time to wait and the reason */
    <T> T ask(Exchange<T> exchange, BiFunction<Duration, String, T> unavailable) {
        long end = System.nanoTime() + total.toNanos();
        int first = turn.getAndIncrement();
        var failures = new ArrayList<String>(ATTEMPTS);
        Duration retryAfter = Unavailable.USUAL_PAUSE;
        Node node = null;
        for (int attempt = 0; attempt < ATTEMPTS && end - System.nanoTime() > 0; attempt++) {
            node = next(first, node);
            if (node == null) {
                break;
            }
            try {
                T result = exchange.with(node, end);
                node.answered();
                return result;
            } catch (Node.AllBusyException e) {
                failures.add(node + ": " + e.getMessage());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return unavailable.apply(retryAfter, "interrupted");
            } catch (IOException e) {
                if (Thread.currentThread().isInterrupted()) {
                    return unavailable.apply(retryAfter, "interrupted");
                }
                node.failed();
                failures.add(node + ": " + (e instanceof NoResultException ? e.getMessage() : e));
                if (e instanceof NoResultException said && said.retryAfter() != null) {
                    retryAfter = said.retryAfter();
                }
            }
        }
        return unavailable.apply(retryAfter, String.join("; ", failures));
    }

    /** The node to ask: if possible one that has not failed. Null if there is none but the one that has just failed. */
    private @Nullable Node next(int first, @Nullable Node justFailed) {
        Node any = null;
        for (int i = 0; i < nodes.size(); i++) {
            Node node = nodes.get(Math.floorMod(first + i, nodes.size()));
            if (node != justFailed) {
                if (node.isInRotation() || (justFailed == null && node.isToBeTried())) {
                    return node;
                }
                any = any == null ? node : any;
            }
        }
        return any;
    }

    @Override
    public void close() {
        nodes.forEach(Node::close);
    }
}
