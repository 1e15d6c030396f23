package io.keylapse.app;

import io.keylapse.app.settings.EarlySettings;
import io.keylapse.app.settings.KnownSettings;
import io.micronaut.context.exceptions.ConfigurationException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Queries the readiness of a running instance, for container images without an HTTP client. */
@Command(
        name = "health",
        description = "Check whether an instance on this machine is ready. Exit code 0 if it is, 1 if it is not.",
        mixinStandardHelpOptions = true)
final class HealthCommand implements Callable<Integer> {
    private static final int DEFAULT_PORT = 8080;

    @Option(
            names = "--port",
            description = "The port of the instance. Default: the first that is set of KEYLAPSE_OBSERVATION_PORT,"
                    + " ENDPOINTS_ALL_PORT and MICRONAUT_SERVER_PORT, or else 8080.")
    private @Nullable Integer given;

    @Override
    public Integer call() throws InterruptedException {
        int port = given == null ? configuredPort() : given;
        var request = HttpRequest.newBuilder(URI.create("http://localhost:" + port + "/health/readiness"))
                .timeout(Duration.ofSeconds(3))
                .build();
        try (var client = HttpClient.newHttpClient()) {
            HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
            System.out.println(response.body());
            return response.statusCode() == 200 ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
        } catch (IOException e) {
            System.err.println("keylapse: no response on port " + port + reason(e));
            return CommandLine.ExitCode.SOFTWARE;
        }
    }

    private static int configuredPort() {
        return port("keylapse.observation-port")
                .or(() -> port("endpoints.all.port"))
                .or(() -> port("micronaut.server.port"))
                .orElse(DEFAULT_PORT);
    }

    private static Optional<Integer> port(String setting) {
        return EarlySettings.get(setting).map(value -> {
            try {
                return Integer.valueOf(value);
            } catch (NumberFormatException e) {
                throw new ConfigurationException(
                        KnownSettings.variable(setting) + " must be a port number, not \"" + value + "\"");
            }
        });
    }

    private static String reason(IOException failure) {
        return failure.getMessage() == null ? "" : " (" + failure.getMessage() + ")";
    }
}
