package io.keylapse.harness;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keylapse.active.ActiveKeys;
import io.keylapse.active.redis.Primary;
import io.keylapse.active.redis.RedisConnection;
import io.keylapse.active.trust.Mark;
import io.keylapse.active.trust.MarkStore;
import io.keylapse.active.trust.RedisTrust;
import io.keylapse.active.trust.TrustState;
import io.keylapse.active.trust.VersionFloors;
import io.keylapse.app.settings.SettingsContextBuilder;
import io.keylapse.harness.Client.Answer;
import io.keylapse.key.KeyFormat;
import io.keylapse.key.KeyName;
import io.keylapse.registry.ChangeLog;
import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.context.ApplicationContext;
import io.micronaut.runtime.server.EmbeddedServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;

/** A service node in this JVM, on a free port. */
public final class Node implements AutoCloseable {
    /** The management key that the settings give. */
    public static final String ADMIN_KEY = "an-admin-key-for-tests-only";

    private static final int FIRST_PORT = 20_000;
    private static final int LAST_PORT = 30_000;

    private final EmbeddedServer server;

    private Node(EmbeddedServer server) {
        this.server = server;
        CloseAfterTests.register(this);
    }

    /**
     * The node on the shared stores that test classes share, without other settings. A class that affects more than keys,
     * such as breakers, metrics and connections, starts its own. It is closed before another class uses the stores
     * without it.
     */
    public static Node shared() {
        return SharedNode.use();
    }

    /** A node on the shared stores. */
    public static Node start() {
        return start(Stores.shared(), Map.of());
    }

    /** A node on these stores, with these settings. */
    public static Node start(Stores stores, Map<String, Object> settings) {
        var all = new HashMap<>(stores.settings());
        all.put("keylapse.admin-key", ADMIN_KEY);
        all.put("micronaut.server.port", -1);
        all.putAll(settings);
        ApplicationContext context = new SettingsContextBuilder()
                .banner(false)
                .deduceEnvironment(false)
                .properties(all)
                .build();
        try {
            return new Node(context.start().getBean(EmbeddedServer.class).start());
        } catch (RuntimeException e) {
            RefusedStart.takeBack(context);
            throw e;
        }
    }

    /** An owner that no other test uses. */
    public static String owner() {
        return "owner-" + UUID.randomUUID();
    }

    /** A free port that no outgoing connection takes, so that a server can be started on it, stopped and started again. */
    public static int freePort() {
        while (true) {
            int port = ThreadLocalRandom.current().nextInt(FIRST_PORT, LAST_PORT);
            try (var socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                return socket.getLocalPort();
            } catch (IOException e) {
                // The port is in use.
            }
        }
    }

    /** Issues a key of a new owner with that lifetime. */
    public Answer issue(Duration ttl) {
        return admin().issue(owner(), ttl);
    }

    /** A client with the admin key of the settings. */
    public Client admin() {
        return as(ADMIN_KEY);
    }

    /** A client with this management key. */
    public Client as(String managementKey) {
        return new Client(port(), managementKey);
    }

    /** A client without a credential, such as a gateway. */
    public Client anonymous() {
        return new Client(port(), null);
    }

    boolean isRunning() {
        return server.isRunning();
    }

    public int port() {
        return server.getPort();
    }

    /** A bean, for tests that look inside. */
    public <T> T bean(Class<T> type) {
        return server.getApplicationContext().getBean(type);
    }

    /** Waits until Redis has this key and is trusted, so that a check does not need Postgres. */
    public void awaitKnownToRedis(String key) {
        KeyName name = bean(KeyFormat.class).parse(key).orElseThrow().digest().name();
        await().atMost(20, SECONDS)
                .until(() -> bean(ActiveKeys.class)
                        .find(name)
                        .toCompletableFuture()
                        .join()
                        .isPresent());
    }

    /** Waits until Redis has followed all changes, so that no follower rewrites what a test deletes; returns this. */
    public Node awaitRedisFollowed() {
        // A node that has just started is not connected to Redis yet.
        await().atMost(20, SECONDS)
                .ignoreExceptions()
                .until(() -> bean(RedisConnection.class).primaries().stream().allMatch(this::hasFollowed));
        return this;
    }

    /** Waits until this node is subscribed to Redis's expiries on every primary. */
    public void awaitHearing() {
        await().atMost(20, SECONDS).until(() -> {
            var canaries =
                    bean(MeterRegistry.class).find("keylapse.redis.canary").gauges();
            return !canaries.isEmpty() && canaries.stream().allMatch(canary -> canary.value() == 1);
        });
    }

    /** Waits until this node has read all changes from Postgres and invalidated its caches. */
    public void awaitChangesSeen() {
        boolean seen = bean(VersionFloors.class)
                .seenSince(System.nanoTime(), Duration.ofSeconds(10))
                .toCompletableFuture()
                .join();
        assertThat(seen).as("changes seen within 10 s").isTrue();
    }

    private boolean hasFollowed(Primary primary) {
        var mark =
                bean(MarkStore.class).read(primary).toCompletableFuture().join().mark();
        return bean(RedisTrust.class).state(primary) == TrustState.OURS
                && mark.orElse(null) instanceof Mark.At(var _, long position)
                && position == bean(ChangeLog.class).horizon();
    }

    @Override
    public void close() {
        CloseAfterTests.unregister(this);
        server.stop();
    }
}
