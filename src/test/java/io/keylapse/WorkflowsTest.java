package io.keylapse;

import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.yaml.snakeyaml.Yaml;

/** Workflows of the public forge, which only it can run. */
class WorkflowsTest {
    static List<Path> workflows() throws IOException {
        try (Stream<Path> files = Files.list(Path.of(".github/workflows"))) {
            return files.toList();
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("workflows")
    @SuppressWarnings("unchecked") // what YAML makes of a mapping
    void a_workflow_may_only_read_and_has_a_time_limit(Path file) throws IOException {
        Map<Object, Object> workflow = new Yaml().load(Files.readString(file));
        // YAML 1.1 reads the key "on" as true.
        assertThat(workflow).containsOnlyKeys("name", true, "permissions", "concurrency", "jobs");
        assertThat(workflow).containsEntry("permissions", Map.of("contents", "read"));
        var jobs = (Map<Object, Map<Object, Object>>) Objects.requireNonNull(workflow.get("jobs"));
        assertThat(jobs.values())
                .isNotEmpty()
                .allSatisfy(job ->
                        assertThat(job).containsKeys("timeout-minutes", "steps").doesNotContainKey("permissions"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("workflows")
    void every_maven_profile_and_file_that_a_workflow_names_exists(Path file) throws IOException {
        String pom = Files.readString(Path.of("pom.xml"));
        Set<String> profiles = found("-P([a-z]+)", Files.readString(file));
        assertThat(profiles).isNotEmpty();
        assertThat(found("<profile>\\s*(?:<!--[^>]*-->\\s*)?<id>([a-z]+)</id>", pom))
                .containsAll(profiles);
        assertThat(found("\\$\\{project\\.basedir}/(\\.github/[^<]+)", pom))
                .isNotEmpty()
                .allSatisfy(named -> assertThat(Path.of(named)).exists());
    }

    private static Set<String> found(String regex, String text) {
        return Pattern.compile(regex)
                .matcher(text)
                .results()
                .map(each -> each.group(1))
                .collect(toSet());
    }
}
