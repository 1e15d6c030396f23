package io.keylapse.harness;

import static java.util.concurrent.TimeUnit.SECONDS;
import static java.util.stream.Collectors.joining;
import static org.awaitility.Awaitility.await;

import io.keylapse.app.embedded.RedisServers;
import io.keylapse.app.embedded.RedisServers.Server;
import io.lettuce.core.RedisURI;
import io.lettuce.core.sentinel.api.sync.RedisSentinelCommands;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.NullUnmarked;

/** A Redis master with a replica, and three Sentinels that report the master as down after one second. */
@NullUnmarked
public final class RedisSentinels {
    private static final String NAME = "main";
    private static final String SETTINGS = """
            repl-diskless-sync-delay 0
            save ""
            maxmemory-policy noeviction
            notify-keyspace-events Ex
            """;

    private final RedisServers processes = new RedisServers();
    private final List<Server> servers = new ArrayList<>();
    private final List<Server> sentinels = new ArrayList<>();

    public RedisSentinels() {
        Server master = processes.start(SETTINGS);
        servers.add(master);
        servers.add(processes.start(SETTINGS + "replicaof 127.0.0.1 " + master.port() + "\n"));
        // Sentinels look for replicas only every ten seconds.
        await().atMost(20, SECONDS).until(() -> master.info("slave0").contains("state=online"));
        for (int i = 0; i < 3; i++) {
            sentinels.add(processes.start("""
                    sentinel monitor %1$s 127.0.0.1 %2$d 2
                    sentinel down-after-milliseconds %1$s 1000
                    sentinel failover-timeout %1$s 2000
                    """.formatted(NAME, master.port()), "--sentinel"));
        }
        awaitHealthy();
    }

    /** Waits until every Sentinel knows all others and a replica that is in sync. */
    public void awaitHealthy() {
        await().atMost(40, SECONDS)
                .ignoreExceptions()
                .until(() -> sentinels.stream()
                                .map(this::view)
                                .allMatch(
                                        view -> view.get("num-other-sentinels").equals("2")
                                                && view.get("num-slaves").equals("1")
                                                && view.get("flags").equals("master"))
                        && master().info("slave0").contains("state=online"));
    }

    private Map<String, String> view(Server sentinel) {
        return ask(sentinel, commands -> commands.master(NAME));
    }

    /** The master according to the first Sentinel. */
    public Server master() {
        var address = (InetSocketAddress) ask(sentinels.getFirst(), commands -> commands.getMasterAddrByName(NAME));
        return servers.stream()
                .filter(server -> server.port() == address.getPort())
                .findFirst()
                .orElseThrow();
    }

    /** Swaps the master and the replica while both are running. */
    public void failOver() {
        ask(sentinels.getFirst(), commands -> commands.failover(NAME));
    }

    private <T> T ask(Server sentinel, Function<RedisSentinelCommands<String, String>, T> question) {
        try (var connection = processes.client().connectSentinel(RedisURI.create(sentinel.uri()))) {
            return question.apply(connection.sync());
        }
    }

    public String uri() {
        return sentinels.stream()
                .map(sentinel -> "127.0.0.1:" + sentinel.port())
                .collect(joining(",", "redis-sentinel://", "#" + NAME));
    }
}
