package io.keylapse.app;

import static io.keylapse.harness.Node.freePort;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs the README's commands with the packaged program, and compares the output with the README. */
class ReadmeIT {
    private static final Pattern STEP = Pattern.compile("```sh\n(.*?)```\n```\\w+\n(.*?)```", Pattern.DOTALL);
    private static final String NEXT_STEP = "----- next step -----";

    @TempDir
    Path folder;

    @Test
    void the_calls_of_the_readme_give_what_it_shows() throws Exception {
        int port = freePort();
        var builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-jar",
                Path.of(System.getProperty("keylapse.jar")).toAbsolutePath().toString(),
                "dev");
        builder.environment().put("MICRONAUT_SERVER_PORT", Integer.toString(port));
        Process service = builder.directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("service.log").toFile())
                .start();
        try {
            await().atMost(60, SECONDS).ignoreExceptions().until(() -> isAlive(port));
            var steps = STEP.matcher(Files.readString(Path.of("README.md")))
                    .results()
                    .toList();
            assertThat(steps).hasSize(4);
            var script = new StringBuilder();
            var shown = new ArrayList<String>();
            for (var step : steps) {
                script.append(sooner(step.group(1)).replace("localhost:8080", "localhost:" + port));
                script.append("echo; echo '").append(NEXT_STEP).append("'\n");
                shown.add(sooner(step.group(2)));
            }

            List<String> got = List.of(run(script.toString()).split(Pattern.quote(NEXT_STEP)));

            for (int i = 0; i < shown.size(); i++) {
                assertThat(normalized(got.get(i))).as("step %d", i + 1).isEqualTo(normalized(shown.get(i)));
            }
        } finally {
            service.destroy();
            assertThat(service.waitFor(30, SECONDS)).isTrue();
        }
    }

    /** A reader needs a minute for the first steps, a test does not. */
    private static String sooner(String text) {
        return text.replace("PT1M", "PT10S").replace("sleep 60", "sleep 10");
    }

    private String run(String script) throws IOException, InterruptedException {
        Process shell = new ProcessBuilder("bash", "-c", script)
                .directory(folder.toFile())
                .redirectError(folder.resolve("shell.log").toFile())
                .start();
        String output = new String(shell.getInputStream().readAllBytes(), UTF_8);
        assertThat(shell.waitFor(30, SECONDS)).isTrue();
        return output;
    }

    /** The text without what differs between runs: secrets, ids, instants, and lengths that follow from them. */
    private static String normalized(String text) {
        return text.replace("\r", "")
                .replaceAll("kl_\\w{36}", "<key>")
                .replaceAll("kl_\\w{4}\\.\\.\\.\\w{4}", "<hint>")
                .replaceAll("key_\\w{22}", "<id>")
                .replaceAll("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z", "<instant>")
                .strip();
    }

    private static boolean isAlive(int port) throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(URI.create("http://localhost:" + port + "/health/liveness"))
                .build();
        try (var client = HttpClient.newHttpClient()) {
            return client.send(request, BodyHandlers.discarding()).statusCode() == 200;
        }
    }
}
