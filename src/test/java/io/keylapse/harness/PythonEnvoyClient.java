package io.keylapse.harness;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.keylapse.harness.EnvoyClient.Decision;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Asks about requests by gRPC with Python's grpcio and a codec of its own, in {@code envoy_client.py}, so that the tests do
 * not depend on the library that the service uses.
 */
public final class PythonEnvoyClient {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Path SCRIPT = Path.of("src/test/resources/io/keylapse/harness/envoy_client.py");

    private PythonEnvoyClient() {}

    /** A Python that has grpcio, if there is one. */
    public static Optional<String> python() {
        return Stream.of("python3", "/usr/bin/python3")
                .filter(PythonEnvoyClient::hasGrpc)
                .findFirst();
    }

    private static boolean hasGrpc(String python) {
        try {
            return new ProcessBuilder(python, "-c", "import grpc")
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** A request: its headers, and the {@code context_extensions} of its route. */
    public record Asked(Map<String, String> headers, Map<String, String> extensions) {}

    /** Asks about requests, one after the other. */
    public static List<Decision> check(int port, List<Asked> requests) {
        try {
            Process client = new ProcessBuilder(python().orElse("python3"), SCRIPT.toString(), String.valueOf(port))
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            try (var in = client.outputWriter(UTF_8)) {
                for (Asked each : requests) {
                    in.write(JSON.writeValueAsString(each));
                    in.newLine();
                }
            }
            List<String> lines = client.inputReader(UTF_8).lines().toList();
            assertThat(client.waitFor(10, SECONDS)).isTrue();
            assertThat(lines).hasSize(requests.size() + 1).first().isEqualTo("True");
            var decisions = new ArrayList<Decision>();
            for (String line : lines.subList(1, lines.size())) {
                decisions.add(JSON.readValue(line, Decision.class));
            }
            return decisions;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
