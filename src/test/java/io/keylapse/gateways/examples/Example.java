package io.keylapse.gateways.examples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** A program in {@code examples/}: what it needs, and how it is built and started. */
enum Example {
    SPRING_BOOT,

    SPRING_CLOUD_GATEWAY {
        // With one more route, for which nobody set scopes.
        @Override
        void build(Path folder) throws IOException {
            Path routes = folder.resolve("src/main/resources/application.yml");
            Files.writeString(routes, Files.readString(routes).replaceFirst("(?m)^( *)routes:$", """
                            $0
                            $1  - id: unscoped
                            $1    uri: \\${BACKEND}
                            $1    predicates:
                            $1      - Path=/unscoped"""));
            super.build(folder);
        }
    },

    MICRONAUT,

    EXPRESS {
        @Override
        boolean isInstalled() {
            return succeeds("node", "--version") && succeeds("npm", "--version");
        }

        @Override
        void build(Path folder) throws IOException {
            run(folder, List.of("npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--prefer-offline"));
        }

        @Override
        List<String> startCommand(int port) {
            return List.of("node", "server.js");
        }
    },

    DJANGO {
        @Override
        boolean isInstalled() {
            return python().isPresent();
        }

        @Override
        void build(Path folder) {
            // It is run from its sources.
        }

        @Override
        List<String> startCommand(int port) {
            return List.of(python().orElseThrow(), "-m", "django", "runserver", "--noreload", Integer.toString(port));
        }
    };

    private static final int BUILD_SECONDS = 300;

    /** Whether it passes requests on to a backend, instead of being the API itself. */
    boolean isGateway() {
        return this == SPRING_CLOUD_GATEWAY;
    }

    boolean isInstalled() {
        return System.getProperty("keylapse.maven") != null;
    }

    /** Skips the test if what it needs is not installed; with {@code REQUIRE_ALL_TESTS} set, that is a failure. */
    void assumeInstalled() {
        String description = "what examples/" + this + " needs is installed";
        if (System.getenv("REQUIRE_ALL_TESTS") == null) {
            assumeThat(isInstalled()).as(description).isTrue();
        }
        assertThat(isInstalled()).as(description).isTrue();
    }

    /** Builds it in a copy of its folder. */
    void build(Path folder) throws IOException {
        maven(folder, "package");
    }

    List<String> startCommand(int port) {
        return List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-jar",
                "target/example.jar");
    }

    static void maven(Path folder, String... arguments) throws IOException {
        var command = new ArrayList<>(List.of(System.getProperty("keylapse.maven"), "--batch-mode", "--quiet"));
        if ("offline=true".equals(System.getProperty("keylapse.maven.offline"))) {
            command.add("--offline");
        }
        command.add("-Dmaven.repo.local=" + System.getProperty("keylapse.maven.repository"));
        command.addAll(List.of(arguments));
        run(folder, command);
    }

    /** A Python that has Django, if there is one. */
    private static Optional<String> python() {
        return Stream.of("python3", "/usr/bin/python3")
                .filter(python -> succeeds(python, "-c", "import django"))
                .findFirst();
    }

    private static boolean succeeds(String... command) {
        try {
            return start(Path.of(""), List.of(command)).waitFor() == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void run(Path folder, List<String> command) throws IOException {
        Process process = start(folder, command);
        String output = new String(process.getInputStream().readAllBytes(), UTF_8);
        try {
            assertThat(process.waitFor(BUILD_SECONDS, SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        assertThat(process.exitValue()).as(output).isZero();
    }

    private static Process start(Path folder, List<String> command) throws IOException {
        return new ProcessBuilder(command)
                .directory(folder.toAbsolutePath().toFile())
                .redirectErrorStream(true)
                .start();
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
