package io.keylapse;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class PomTest {
    @Test
    void documentation_and_examples_name_the_present_version_of_the_client() throws IOException {
        Matcher version = Pattern.compile("(?s)<artifactId>keylapse</artifactId>\\s*<version>([^<]+)</version>")
                .matcher(Files.readString(Path.of("pom.xml")));
        assertThat(version.find()).isTrue();
        assertThat(Files.readString(Path.of("docs/client.md"))).contains("-Dversion=" + version.group(1) + " ");
        for (String example : List.of("spring-boot", "spring-cloud-gateway", "micronaut")) {
            assertThat(Files.readString(Path.of("examples", example, "pom.xml")))
                    .containsPattern(
                            "<artifactId>keylapse-client</artifactId>\\s*<version>" + Pattern.quote(version.group(1)));
        }
    }

    /** Pitest leaves out in silence what it does not find, such as a class that was renamed. */
    @Test
    void every_class_that_is_to_be_mutated_exists_and_has_a_test() throws IOException {
        String pom = Files.readString(Path.of("pom.xml"));
        assertThat(Pattern.compile("<param>(io\\.keylapse\\.[\\w.]+?)(Test)?\\*?</param>")
                        .matcher(pom)
                        .results())
                .hasSizeGreaterThan(10)
                .allSatisfy(named -> {
                    String path = named.group(1).replace('.', '/');
                    assertThat(Path.of("src/main/java", path + ".java")).exists();
                    assertThat(Path.of("src/test/java", path + "Test.java")).exists();
                    assertThat(pom).contains("<param>" + named.group(1) + "Test</param>");
                });
    }
}
