package io.keylapse.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.keylapse.app.settings.KnownSettings;
import io.keylapse.harness.ComposeFile;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ContainerFilesTest {
    private static final String JAR = "/opt/keylapse/keylapse-server.jar";

    private final ComposeFile compose = ComposeFile.read();

    private static List<String> dockerfile() throws IOException {
        return Files.readString(Path.of("Dockerfile"))
                .replace("\\\n", "")
                .lines()
                .filter(line -> !line.isBlank() && !line.startsWith("#"))
                .toList();
    }

    /** The instructions of the image's last stage. */
    private static List<String> image() throws IOException {
        List<String> all = dockerfile();
        int begun = all.size() - 1;
        while (!all.get(begun).startsWith("FROM ")) {
            begun--;
        }
        return all.subList(begun, all.size());
    }

    private static String instruction(String name) throws IOException {
        List<String> found =
                image().stream().filter(line -> line.startsWith(name + " ")).toList();
        assertThat(found).as(name).hasSize(1);
        return found.getFirst();
    }

    @Test
    void the_image_is_a_slim_debian_with_a_java_runtime_the_server_jar_and_its_aot_cache() throws IOException {
        assertThat(instruction("FROM")).isEqualTo("FROM debian:bookworm-slim");
        assertThat(image())
                .filteredOn(line -> line.startsWith("COPY "))
                .containsExactly(
                        "COPY --from=runtime /runtime /opt/java", "COPY --from=trained /opt/keylapse /opt/keylapse");
        assertThat(dockerfile())
                .filteredOn(line -> line.contains("/opt/keylapse"))
                .startsWith(
                        "COPY scripts/container-health target/keylapse-server.jar /opt/keylapse/",
                        "RUN PATH=/opt/java/bin:$PATH train-aot-cache " + JAR + " /opt/keylapse/keylapse.aot");
        assertThat(Files.readAllLines(Path.of(".dockerignore")))
                .containsExactly(
                        "*", "!scripts/container-health", "!scripts/train-aot-cache", "!target/keylapse-server.jar");
    }

    @Test
    void the_aot_cache_is_made_by_the_jvm_that_uses_it() throws IOException {
        assertThat(dockerfile()).contains(instruction("FROM") + " AS trained");
        assertThat(dockerfile())
                .filteredOn("COPY --from=runtime /runtime /opt/java"::equals)
                .hasSize(2);
        assertThat(instruction("ENTRYPOINT"))
                .contains("\"/opt/java/bin/java\"", "\"-XX:AOTCache=/opt/keylapse/keylapse.aot\"");
    }

    @Test
    void the_image_runs_as_a_numeric_user_that_is_not_root() throws IOException {
        assertThat(instruction("USER")).matches("USER [1-9]\\d*:[1-9]\\d*");
    }

    @Test
    void the_image_gets_signals_itself_and_asks_for_its_own_health_without_a_jvm() throws IOException {
        assertThat(instruction("ENTRYPOINT"))
                .matches("ENTRYPOINT \\[\"/opt/java/bin/java\", .*\"-jar\", \"" + JAR + "\"]");
        assertThat(instruction("HEALTHCHECK")).endsWith(" CMD [\"/opt/keylapse/container-health\"]");
    }

    @ParameterizedTest
    @CsvSource({
        "200 OK, KEYLAPSE_OBSERVATION_PORT, 0",
        "200 OK, ENDPOINTS_ALL_PORT, 0",
        "200 OK, MICRONAUT_SERVER_PORT, 0",
        "503 Service Unavailable, MICRONAUT_SERVER_PORT, 1"
    })
    void container_is_healthy_if_the_service_is_ready_on_the_port_that_its_settings_name(
            String status, String variable, int exitCode) throws Exception {
        try (var server = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
            var builder = new ProcessBuilder("scripts/container-health").redirectErrorStream(true);
            builder.environment().put("MICRONAUT_SERVER_PORT", "1");
            builder.environment().put(variable, Integer.toString(server.getLocalPort()));
            Process health = builder.start();
            server.setSoTimeout(10_000);
            try (var connection = server.accept()) {
                var request = new BufferedReader(new InputStreamReader(connection.getInputStream(), UTF_8));
                assertThat(request.readLine()).isEqualTo("GET /health/readiness HTTP/1.1");
                connection
                        .getOutputStream()
                        .write(("HTTP/1.1 " + status + "\r\nConnection: close\r\n\r\n{\"status\":\"x\"}")
                                .getBytes(UTF_8));
                // What was not read would reset the connection, and the answer with it.
                while (!request.readLine().isEmpty()) {}
            }
            assertThat(health.inputReader(UTF_8).readLine()).isEqualTo("{\"status\":\"x\"}");
            assertThat(health.waitFor()).isEqualTo(exitCode);
        }
    }

    @Test
    void container_is_not_healthy_if_nothing_listens_on_the_port() throws Exception {
        var builder = new ProcessBuilder("scripts/container-health");
        builder.environment().put("MICRONAUT_SERVER_PORT", "1");
        assertThat(builder.start().waitFor()).isEqualTo(1);
    }

    @Test
    void no_secret_and_no_setting_is_baked_into_the_image() throws IOException {
        assertThat(image())
                .filteredOn(line -> line.matches("(ENV|ARG|RUN|ADD) .*"))
                .containsExactly("ENV LANG=C.UTF-8");
    }

    @Test
    void redis_is_set_as_keylapse_needs_it() {
        assertThat(compose.redisCommand().getLast())
                .startsWith("exec docker-entrypoint.sh redis-server --notify-keyspace-events Ex"
                        + " --maxmemory-policy noeviction --appendonly yes - <<END\n");
        assertThat(compose.image("redis")).startsWith("redis:7");
    }

    @Test
    void data_is_in_named_volumes_where_the_images_keep_it() {
        assertThat(compose.image("postgres")).startsWith("postgres:18");
        assertThat(compose.service("postgres")).containsEntry("volumes", List.of("postgres-data:/var/lib/postgresql"));
        assertThat(compose.service("redis")).containsEntry("volumes", List.of("redis-data:/data"));
        assertThat(compose.content().get("volumes"))
                .asInstanceOf(InstanceOfAssertFactories.MAP)
                .containsOnlyKeys("postgres-data", "redis-data");
    }

    @Test
    void the_service_waits_for_healthy_stores_which_are_not_published() {
        for (String store : List.of("postgres", "redis")) {
            assertThat(compose.service(store)).containsKey("healthcheck").doesNotContainKey("ports");
        }
        assertThat(compose.service("keylapse"))
                .containsEntry(
                        "depends_on",
                        Map.of(
                                "postgres", Map.of("condition", "service_healthy"),
                                "redis", Map.of("condition", "service_healthy")));
    }

    @Test
    void the_service_is_reached_from_this_machine_only_and_has_no_privileges() {
        assertThat(compose.service("keylapse"))
                .containsEntry("ports", List.of("127.0.0.1:8080:8080"))
                .containsEntry("read_only", true)
                .containsEntry("cap_drop", List.of("ALL"));
        for (String service : List.of("keylapse", "postgres", "redis")) {
            assertThat(compose.service(service)).containsEntry("security_opt", List.of("no-new-privileges:true"));
        }
    }

    @Test
    void no_secret_is_on_a_command_line() {
        for (String service : List.of("keylapse", "postgres")) {
            assertThat(compose.service(service)).doesNotContainKey("command");
        }
        // The container's shell expands this into Redis's standard input.
        assertThat(compose.redisCommand().getLast().lines().skip(1))
                .containsExactly("requirepass \"$REDISCLI_AUTH\"", "END");
        assertThat(compose.redisCommand().getLast().lines().findFirst().orElseThrow())
                .doesNotContain("$");
    }

    @Test
    void no_secret_has_a_default() throws IOException {
        String text = Files.readString(Path.of("docker-compose.yml"));
        assertThat(Pattern.compile("\\$\\{[^}]*}").matcher(text).results())
                .isNotEmpty()
                .allSatisfy(use -> assertThat(use.group()).matches("\\$\\{[A-Z_]+:\\?set [A-Z_]+ in .env, .*}"));
        assertThat(text.lines().filter(line -> line.matches(".*(PASSWORD|ADMIN_KEY|REDIS_URI|AUTH): .*")))
                .hasSizeGreaterThanOrEqualTo(5)
                .allMatch(line -> line.contains("${"));
    }

    @Test
    void the_example_names_every_secret_and_gives_none() throws IOException {
        String text = Files.readString(Path.of("docker-compose.yml"));
        List<String> asked = Pattern.compile("\\$\\{([A-Z_]+)")
                .matcher(text)
                .results()
                .map(use -> use.group(1) + "=")
                .distinct()
                .toList();
        assertThat(Files.readAllLines(Path.of(".env.example")).stream()
                        .filter(line -> !line.startsWith("#"))
                        .toList())
                .containsExactlyInAnyOrderElementsOf(asked);
        assertThat(Files.readAllLines(Path.of(".gitignore"))).contains("/.env");
    }

    @Test
    @SuppressWarnings("unchecked") // what YAML makes of a mapping
    void every_variable_of_the_service_is_one_that_the_program_knows() {
        Map<String, Object> environment = (Map<String, Object>)
                Objects.requireNonNull(compose.service("keylapse").get("environment"));
        assertThat(KnownSettings.TYPES.keySet().stream()
                        .map(KnownSettings::variable)
                        .toList())
                .containsAll(environment.keySet());
        assertThat(environment).containsKeys("KEYLAPSE_POSTGRES_URL", "KEYLAPSE_REDIS_URI", "KEYLAPSE_ADMIN_KEY");
    }
}
