package io.keylapse.gateways;

import static java.util.stream.Collectors.joining;

import io.keylapse.harness.Client;
import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.Node;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;

/** One running site for each installed gateway. */
final class Sites {
    private final Map<Gateway, Site> sites = new ConcurrentHashMap<>();

    /** What is done with a site. */
    @FunctionalInterface
    interface Task<T> {
        void with(T each) throws Exception;
    }

    /** Starts all gateways that are installed, with these nodes. */
    static Sites start(Path folder, Integer... nodePorts) {
        var started = new Sites();
        List<Gateway> installed =
                Stream.of(Gateway.values()).filter(Gateway::isInstalled).toList();
        inParallel(installed, gateway -> started.sites.put(gateway, Site.start(gateway, folder, nodePorts)));
        return started;
    }

    /** The site of a gateway; skips the test if it is not installed. */
    Site of(Gateway gateway) {
        gateway.assumeInstalled();
        Site site = sites.get(gateway);
        if (site == null) {
            throw new IllegalStateException(gateway + " was not started");
        }
        // What a failed test has left.
        site.node().heal();
        site.backend().takeReceived();
        return site;
    }

    /** The sites of all installed gateways; skips the test if there are none. */
    List<Site> all() {
        if (sites.isEmpty() || System.getenv("REQUIRE_ALL_TESTS") != null) {
            for (Gateway gateway : Gateway.values()) {
                gateway.assumeInstalled();
            }
        }
        return List.copyOf(sites.values());
    }

    /** Does this with all at once, and fails with all their failures. */
    static <T> void inParallel(List<T> all, Task<T> task) {
        var failures = new AssertionError("Failed");
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var running = new ArrayList<Future<?>>();
            for (T each : all) {
                running.add(threads.submit(() -> {
                    try {
                        task.with(each);
                    } catch (Exception | AssertionError e) {
                        throw new AssertionError(each + ": " + e.getMessage(), e);
                    }
                    return null;
                }));
            }
            for (Future<?> each : running) {
                try {
                    each.get();
                } catch (ExecutionException e) {
                    failures.addSuppressed(e.getCause());
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }
        }
        if (failures.getSuppressed().length > 0) {
            throw failures;
        }
    }

    /** Issues a key. */
    static Answer issue(Node node, String owner, String ttl, String... scopes) {
        String list = Arrays.stream(scopes).map(Client::quote).collect(joining(","));
        return node.admin()
                .issue("{\"owner\":%s,\"name\":\"n\",\"ttl\":\"%s\",\"scopes\":[%s]}"
                        .formatted(Client.quote(owner), ttl, list));
    }
}
