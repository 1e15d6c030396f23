package io.keylapse.client;

import io.keylapse.client.CheckResult.Unavailable;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * Asks the nodes of Keylapse whether a key is valid right now. Thread-safe; one client serves a whole program, also from
 * virtual threads.
 *
 * <p><b>It fails closed.</b> A check that gets no result within its time is {@link Unavailable}, and so is everything that
 * is not exactly a response of {@code /check}: another status, a missing or repeated header, a response that can be read
 * in two ways, or a valid key without a scope that was required. Only {@link CheckResult.Good} lets a request pass. An
 * exception means a fault in the caller's program, and must not let a request pass either.
 *
 * <p><b>Nodes.</b> Checks take turns among the nodes. If one cannot be reached, answers with an error or does not answer in
 * time, one other node is asked, and the failed one is left out for 1 second. Then a single check tries it, and the others
 * follow if it answers. If no other node is left, the failed one is asked.
 *
 * <p><b>No cache.</b> Each check asks a node, because a cache would accept a key after it was revoked, for longer than
 * Keylapse promises. Connections are kept, so a check costs one exchange of two small messages.
 */
public final class KeylapseClient implements AutoCloseable {
    private final CheckRequest request;
    private final Watchdog watchdog = new Watchdog();
    private final Nodes nodes;

    private KeylapseClient(List<NodeAddress> addresses, Settings settings) {
        this.request = new CheckRequest(settings.keyHeader(), settings.scopesHeader());
        this.nodes = new Nodes(
                addresses.stream()
                        .map(address -> new Node(address, settings, watchdog))
                        .toList(),
                settings.total());
    }

    /**
     * A client with the default settings.
     *
     * @param nodes as for {@link #builder}
     */
    public static KeylapseClient of(String... nodes) {
        return builder(nodes).build();
    }

    /**
     * A client with other settings.
     *
     * @param nodes at least one: {@code http://host:port}, {@code https://host:port} or {@code unix:/path}, best of the
     *     gateway port or socket. A path is the service's context path
     * @throws IllegalArgumentException if one has another form
     */
    public static Builder builder(String... nodes) {
        return new Builder(Stream.of(nodes).map(NodeAddress::parse).toList());
    }

    /**
     * Checks a key. Returns within the total time limit.
     *
     * @param key what the caller presented, any text; empty for nothing
     * @param scopes scopes that the key must have
     * @throws IllegalArgumentException if the scopes are not such that a key can have them: scope tokens of RFC 6749 of at
     *     most 128 characters, at most 50, and 2,048 characters in all
     */
    public CheckResult check(String key, Collection<String> scopes) {
        return checkPresented(key.isEmpty() ? List.of() : List.of(key), scopes);
    }

    /**
     * Checks what a caller presented, as {@link CallerHeaders#keys} finds it: nothing is refused as {@code KEY_MISSING}, and
     * two different keys as {@code KEY_AMBIGUOUS}. Otherwise like {@link #check}.
     */
    public CheckResult checkPresented(List<String> keys, Collection<String> scopes) {
        String headers = request.headers(keys, scopes);
        return nodes.ask((node, end) -> CheckAnswers.result(node.ask(headers, end), scopes), Unavailable::new);
    }

    /**
     * Replaces a key with a successor, as its holder. The nodes must be main ports, because gateway ports only answer checks. After
     * {@link RotationResult.Unanswered} it can be repeated as long as the key is accepted. Store the new key, then call {@link
     * #confirm} with it.
     *
     * @param grace how long the old key is still accepted, at most until its deadline
     * @throws IllegalArgumentException if the text cannot be a key
     */
    public RotationResult rotate(String key, Duration grace) {
        String call = request.rotation(key, grace);
        return nodes.ask(
                (node, end) -> RotationAnswers.result(node.ask("POST", "/v1/self/rotate", call, end)),
                RotationResult.Unanswered::new);
    }

    /**
     * Confirms to the service that a new key has arrived, so that a repeated rotation of the old key does not replace it. Returns whether
     * the service was told.
     *
     * @throws IllegalArgumentException if the text cannot be a key
     */
    public boolean confirm(String key) {
        String call = request.shown(key);
        return nodes.ask((node, end) -> node.ask("GET", "/v1/self", call, end).status() == 200, (pause, why) -> false);
    }

    /** Closes the connections. Checks that are under way end within their time; later ones are {@link Unavailable}. */
    @Override
    public void close() {
        watchdog.close();
        nodes.close();
    }

    /** @param tls null for the JDK's default, which is loaded only for nodes with TLS */
    record Settings(
            Duration connect,
            Duration answer,
            Duration total,
            int maxConnectionsPerNode,
            String keyHeader,
            String scopesHeader,
            @Nullable SSLSocketFactory tls) {}

    /** Settings of a client. */
    public static final class Builder {
        private final List<NodeAddress> nodes;
        private Duration connect = Duration.ofMillis(500);
        private Duration answer = Duration.ofSeconds(2);
        private Duration total = Duration.ofMillis(2500);
        private int maxConnectionsPerNode = 64;
        private String keyHeader = "X-API-Key";
        private String scopesHeader = "X-Required-Scopes";
        private @Nullable SSLSocketFactory tls;

        private Builder(List<NodeAddress> nodes) {
            if (nodes.isEmpty()) {
                throw new IllegalArgumentException("a client needs at least one node");
            }
            this.nodes = nodes;
        }

        /** How long it may take to look up a name and connect, and how long a check waits for a free connection: 0.5 s. */
        public Builder connectTimeout(Duration time) {
            connect = positive(time);
            return this;
        }

        /** How long a node may take to answer, including the handshake of TLS on a new connection: 2 s. */
        public Builder answerTimeout(Duration time) {
            answer = positive(time);
            return this;
        }

        /** How long a check may take in all: 2.5 s. */
        public Builder totalTimeout(Duration time) {
            total = positive(time);
            return this;
        }

        /** How many connections there may be to a node at once: 64. */
        public Builder maxConnectionsPerNode(int connections) {
            if (connections < 1) {
                throw new IllegalArgumentException("at least one connection, not " + connections);
            }
            maxConnectionsPerNode = connections;
            return this;
        }

        /** {@code KEYLAPSE_GATEWAY_KEY_HEADER} of the service: {@code X-API-Key}. */
        public Builder keyHeader(String name) {
            keyHeader = CheckRequest.headerName(name);
            return this;
        }

        /** {@code KEYLAPSE_GATEWAY_SCOPES_HEADER} of the service: {@code X-Required-Scopes}. */
        public Builder scopesHeader(String name) {
            scopesHeader = CheckRequest.headerName(name);
            return this;
        }

        /** For nodes with {@code https}: which certificates are trusted, and which one the client has. */
        public Builder sslContext(SSLContext context) {
            tls = context.getSocketFactory();
            return this;
        }

        /** Makes no connection yet. */
        public KeylapseClient build() {
            return new KeylapseClient(
                    nodes, new Settings(connect, answer, total, maxConnectionsPerNode, keyHeader, scopesHeader, tls));
        }

        private static Duration positive(Duration time) {
            if (time.isNegative() || time.isZero()) {
                throw new IllegalArgumentException("a time limit is positive, not " + time);
            }
            return time;
        }
    }
}
