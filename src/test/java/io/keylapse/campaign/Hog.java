package io.keylapse.campaign;

import io.keylapse.campaign.stage.ServiceProcess;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;

/**
 * A client that overloads the management API of one node: 32 concurrent callers in a loop, and exports that it never
 * reads.
 */
final class Hog implements AutoCloseable {
    private static final int CALLS = 32;
    private static final List<String> PATHS = List.of(
            "/v1/notices",
            "/v1/management-keys",
            "/v1/blacklist/stats?bucket=week",
            "/v1/notices",
            "/v1/management-keys",
            "/v1/keys?owner=campaign&name=k&limit=1000",
            "/v1/notices",
            "/v1/blacklist?owner=campaign&limit=1000");
    private static final int EXPORTS = 2;
    private static final long PACE_NANOS = 5_000_000;

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final String root;
    private volatile boolean ended;

    /** Starts immediately. */
    Hog(int port) {
        root = "http://localhost:" + port;
        for (int i = 0; i < CALLS; i++) {
            String path = PATHS.get(i % PATHS.size());
            var _ = threads.submit(() -> {
                while (!ended) {
                    call(path);
                    LockSupport.parkNanos(PACE_NANOS);
                }
            });
        }
        for (int i = 0; i < EXPORTS; i++) {
            // The response bodies are never read.
            var _ = http.sendAsync(
                    request("/v1/blacklist")
                            .header("Accept", "application/x-ndjson")
                            .build(),
                    BodyHandlers.ofInputStream());
        }
    }

    private void call(String path) {
        try {
            http.send(request(path).build(), BodyHandlers.discarding());
        } catch (IOException e) {
            // The next call may succeed.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(root + path))
                .header("Authorization", "Bearer " + ServiceProcess.ADMIN_KEY);
    }

    @Override
    public void close() {
        ended = true;
        threads.shutdownNow();
        http.shutdownNow();
    }
}
