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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.yaml.snakeyaml.Yaml;

/** The workflows of the public forge, which cannot be run here. */
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
    void every_maven_profile_script_and_file_that_a_workflow_names_exists(Path file) throws IOException {
        String pom = Files.readString(Path.of("pom.xml"));
        String workflow = Files.readString(file);
        assertThat(found("<profile>\\s*(?:<!--[^>]*-->\\s*)?<id>([a-z]+)</id>", pom))
                .containsAll(found("-P([a-z]+)", workflow));
        assertThat(found("run: (scripts/\\S+)", workflow))
                .allSatisfy(script -> assertThat(Path.of(script)).isExecutable());
        assertThat(found("\\$\\{project\\.basedir}/(\\.github/[^<]+)", pom))
                .isNotEmpty()
                .allSatisfy(named -> assertThat(Path.of(named)).exists());
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("workflows")
    void every_action_is_one_of_the_forge_in_a_version_and_leaves_no_credential_behind(Path file) throws IOException {
        String workflow = Files.readString(file);
        assertThat(found("uses: (.*)", workflow))
                .isNotEmpty()
                .allMatch(action -> action.matches("actions/[a-z-]+@v\\d+"));
        assertThat(workflow.split("uses: actions/checkout@", -1).length)
                .isEqualTo(workflow.split("persist-credentials: false", -1).length);
    }

    @Test
    void the_two_commands_of_the_readme_are_run_for_each_change() throws IOException {
        String readme = Files.readString(Path.of("README.md"));
        String workflow = Files.readString(Path.of(".github/workflows/build.yml"));
        assertThat(readme).contains("mvn verify", "mvn mn:run");
        assertThat(workflow)
                .contains("  pull_request:\n", "- run: mvn --batch-mode verify\n", "- run: scripts/smoke\n");
        assertThat(Path.of("scripts/smoke")).content().contains("mvn --batch-mode mn:run");
    }

    @Test
    @SuppressWarnings("unchecked") // what YAML makes of a mapping
    void updates_are_proposed_for_all_that_the_build_and_the_image_are_made_of() throws IOException {
        Map<String, Object> file = new Yaml().load(Files.readString(Path.of(".github/dependabot.yml")));
        var updates = (List<Map<String, Object>>) Objects.requireNonNull(file.get("updates"));
        assertThat(updates)
                .allSatisfy(update -> assertThat(update)
                        .containsEntry("directory", "/")
                        .containsEntry("schedule", Map.of("interval", "weekly")))
                .extracting(update -> update.get("package-ecosystem"))
                .containsExactlyInAnyOrder("maven", "github-actions", "docker");
        assertThat(Path.of("pom.xml")).exists();
        assertThat(Path.of("Dockerfile")).exists();
    }

    private static Set<String> found(String regex, String text) {
        return Pattern.compile(regex)
                .matcher(text)
                .results()
                .map(each -> each.group(1))
                .collect(toSet());
    }
}
