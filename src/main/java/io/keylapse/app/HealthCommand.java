package io.keylapse.app;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Asks a running instance whether it is ready, for container images without a shell's tools. */
@Command(
        name = "health",
        description = "Ask an instance on this machine whether it is ready: exit code 0 if so, 1 if not.",
        mixinStandardHelpOptions = true)
final class HealthCommand implements Callable<Integer> {
    @Option(
            names = "--port",
            description = "its port; unless given, the first that is set of KEYLAPSE_OBSERVATION_PORT,"
                    + " ENDPOINTS_ALL_PORT and MICRONAUT_SERVER_PORT, or 8080")
    private @Nullable Integer chosen;

    @Override
    public Integer call() throws InterruptedException {
        int port = chosen == null ? defaultPort() : chosen;
        var request = HttpRequest.newBuilder(URI.create("http://localhost:" + port + "/health/readiness"))
                .timeout(Duration.ofSeconds(3))
                .build();
        try (var client = HttpClient.newHttpClient()) {
            HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
            System.out.println(response.body());
            return response.statusCode() == 200 ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
        } catch (IOException e) {
            System.err.println("keylapse: nobody answers on port " + port + reason(e));
            return CommandLine.ExitCode.SOFTWARE;
        }
    }

    private static int defaultPort() {
        return Stream.of("KEYLAPSE_OBSERVATION_PORT", "ENDPOINTS_ALL_PORT", "MICRONAUT_SERVER_PORT")
                .map(variable ->
                        Optional.ofNullable(System.getenv(variable)).orElse("").strip())
                .filter(port -> port.matches("[1-9]\\d{0,4}"))
                .findFirst()
                .map(Integer::valueOf)
                .orElse(8080);
    }

    private static String reason(IOException failure) {
        return failure.getMessage() == null ? "" : " (" + failure.getMessage() + ")";
    }
}
