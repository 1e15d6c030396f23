package io.keylapse.harness;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.awaitility.Awaitility.await;

import io.keylapse.app.embedded.RedisServers;
import io.keylapse.app.embedded.RedisServers.Server;
import io.lettuce.core.MigrateArgs;
import io.lettuce.core.RedisURI;
import io.lettuce.core.cluster.SlotHash;
import io.lettuce.core.codec.ByteArrayCodec;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.NullUnmarked;

/** A Redis Cluster: three primaries with a replica each, with a node timeout of two seconds. */
@NullUnmarked
public final class RedisCluster {
    private static final int PRIMARIES = 3;
    private static final String SETTINGS = """
            cluster-enabled yes
            cluster-node-timeout 2000
            cluster-replica-validity-factor 0
            repl-diskless-sync-delay 0
            save ""
            maxmemory-policy noeviction
            notify-keyspace-events Ex
            """;

    private final RedisServers processes = new RedisServers();
    private final List<Server> servers = new ArrayList<>();
    private final Map<String, Server> byId = new HashMap<>();

    public RedisCluster() {
        for (int i = 0; i < 2 * PRIMARIES; i++) {
            Server server = processes.start(SETTINGS);
            servers.add(server);
            byId.put(server.ask(redis -> redis.clusterMyId()), server);
        }
        List<Server> primaries = servers.subList(0, PRIMARIES);
        for (int i = 0; i < PRIMARIES; i++) {
            int first = i * SlotHash.SLOT_COUNT / PRIMARIES;
            int last = (i + 1) * SlotHash.SLOT_COUNT / PRIMARIES - 1;
            primaries
                    .get(i)
                    .ask(redis -> redis.clusterAddSlots(
                            IntStream.rangeClosed(first, last).toArray()));
        }
        // An epoch can only be set on a node that knows no others, so all nodes get theirs first.
        for (Server server : servers) {
            server.ask(redis -> redis.clusterSetConfigEpoch(servers.indexOf(server) + 1L));
        }
        // Introduces each node to all others, because gossip alone would take seconds.
        for (Server server : servers) {
            server.ask(redis -> {
                servers.forEach(other -> redis.clusterMeet("127.0.0.1", other.port()));
                return true;
            });
        }
        await().atMost(20, SECONDS).until(() -> servers.stream().allMatch(this::knowsAll));
        for (int i = 0; i < PRIMARIES; i++) {
            String primary = primaries.get(i).ask(redis -> redis.clusterMyId());
            servers.get(PRIMARIES + i).ask(redis -> redis.clusterReplicate(primary));
        }
        awaitHealthy();
    }

    private boolean knowsAll(Server server) {
        String info = server.ask(redis -> redis.clusterInfo());
        return info.contains("cluster_state:ok") && info.contains("cluster_known_nodes:" + 2 * PRIMARIES);
    }

    /** Waits until every server responds and knows all others, and every primary has its replica. */
    public void awaitHealthy() {
        await().atMost(30, SECONDS)
                .ignoreExceptions()
                .until(() -> servers.stream().allMatch(this::knowsAll)
                        && servers.stream()
                                        .filter(server -> server.info("slave0").contains("state=online"))
                                        .count()
                                == PRIMARIES);
    }

    /** The URI for a service, which names two of the nodes. */
    public String uri() {
        return servers.get(0).uri() + "," + servers.get(1).uri();
    }

    /** The server with that id, running or not. */
    public Server server(String id) {
        return Optional.ofNullable(byId.get(id)).orElseThrow();
    }

    /** Moves a slot with its keys, like {@code redis-cli --cluster reshard}. */
    public void move(int slot, String from, String to) {
        Server source = server(from);
        Server target = server(to);
        target.ask(redis -> redis.clusterSetSlotImporting(slot, from));
        source.ask(redis -> redis.clusterSetSlotMigrating(slot, to));
        try (var connection = processes.client().connect(ByteArrayCodec.INSTANCE, RedisURI.create(source.uri()))) {
            List<byte[]> keys = connection.sync().clusterGetKeysInSlot(slot, 1_000);
            if (!keys.isEmpty()) {
                connection.sync().migrate("127.0.0.1", target.port(), 0, 5_000, MigrateArgs.Builder.keys(keys));
            }
        }
        target.ask(redis -> redis.clusterSetSlotNode(slot, to));
        source.ask(redis -> redis.clusterSetSlotNode(slot, to));
    }
}
