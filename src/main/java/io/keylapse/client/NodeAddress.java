package io.keylapse.client;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Where a node listens: {@code http://host:port}, {@code https://host:port} or {@code unix:/path}. */
final class NodeAddress {
    private static final int HTTP_PORT = 80;
    private static final int HTTPS_PORT = 443;

    private final URI uri;
    private final boolean isTls;
    private final @Nullable Path socket;
    private final @Nullable NameLookup lookup;

    private NodeAddress(URI uri, boolean isTls, @Nullable Path socket, @Nullable NameLookup lookup) {
        this.uri = uri;
        this.isTls = isTls;
        this.socket = socket;
        this.lookup = lookup;
    }

    /** @throws IllegalArgumentException if the text is no such address */
    static NodeAddress parse(String text) {
        URI uri = URI.create(text);
        String scheme = String.valueOf(uri.getScheme()).toLowerCase(Locale.ROOT);
        boolean isPlain = uri.getRawUserInfo() == null && uri.getRawQuery() == null && uri.getRawFragment() == null;
        String path = uri.getPath();
        if (scheme.equals("unix") && isPlain && uri.getRawAuthority() == null && path != null && path.startsWith("/")) {
            return new NodeAddress(uri, false, Path.of(path), null);
        }
        String host = uri.getHost();
        if ((scheme.equals("http") || scheme.equals("https")) && isPlain && host != null) {
            String name = host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
            return new NodeAddress(uri, scheme.equals("https"), null, new NameLookup(name));
        }
        throw new IllegalArgumentException(
                "a node is http://host:port, https://host:port or unix:/path, not \"" + text + "\"");
    }

    boolean isTls() {
        return isTls;
    }

    /** A channel for {@link #resolve}d addresses, not connected yet. */
    SocketChannel open() throws IOException {
        return socket == null
                ? SocketChannel.open().setOption(StandardSocketOptions.TCP_NODELAY, true)
                : SocketChannel.open(StandardProtocolFamily.UNIX);
    }

    /** The address for a socket. A name with several addresses means one of them. */
    SocketAddress resolve(long nanos) throws IOException, InterruptedException {
        if (socket != null) {
            return UnixDomainSocketAddress.of(socket);
        }
        InetAddress address = lookup == null ? InetAddress.getLoopbackAddress() : lookup.find(nanos);
        return new InetSocketAddress(address, port());
    }

    /** The host, for the certificate. */
    String host() {
        return String.valueOf(uri.getHost());
    }

    int port() {
        return uri.getPort() >= 0 ? uri.getPort() : isTls ? HTTPS_PORT : HTTP_PORT;
    }

    /** The first two lines of a request for a check. */
    String requestLines() {
        return requestLines("GET", "/check");
    }

    /** The first two lines of a request for a path below that of the service. */
    String requestLines(String method, String target) {
        String host = socket == null ? uri.getRawAuthority() : "localhost";
        String path = socket == null ? uri.getRawPath().replaceFirst("/$", "") : "";
        return method + " " + path + target + " HTTP/1.1\r\nHost: " + host + "\r\n";
    }

    @Override
    public String toString() {
        return uri.toString();
    }

    /**
     * Looks up the address of a host, within a time limit, which the JDK does not have. Callers share the lookup that is under
     * way, so there is one thread at most. The JDK caches addresses.
     */
    private static final class NameLookup {
        private final String host;
        private final AtomicReference<@Nullable FutureTask<InetAddress>> latest = new AtomicReference<>();

        NameLookup(String host) {
            this.host = host;
        }

        InetAddress find(long nanos) throws IOException, InterruptedException {
            try {
                return underWay().get(nanos, TimeUnit.NANOSECONDS);
            } catch (TimeoutException e) {
                throw new NoResultException("the name was not resolved in time");
            } catch (ExecutionException e) {
                throw new NoResultException("the name cannot be resolved");
            }
        }

        private FutureTask<InetAddress> underWay() {
            while (true) {
                FutureTask<InetAddress> task = latest.get();
                if (task != null && !task.isDone()) {
                    return task;
                }
                var next = new FutureTask<InetAddress>(() -> InetAddress.getByName(host));
                if (latest.compareAndSet(task, next)) {
                    var thread = new Thread(next, "keylapse-client-lookup");
                    thread.setDaemon(true);
                    thread.start();
                    return next;
                }
            }
        }
    }
}
