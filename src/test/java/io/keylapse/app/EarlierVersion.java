package io.keylapse.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.TimeUnit;

/**
 * A version of the past, built from the commit that {@code earlier-versions.properties} names, in a clone below {@code
 * target/upgrade}. The jar is kept there, so that the next run need not build it again.
 */
final class EarlierVersion {
    private static final Path FOLDER = Path.of("target/upgrade").toAbsolutePath();

    private EarlierVersion() {}

    /** Its {@code keylapse-server.jar}. Skips the test where this clone does not have the commit. */
    static Path serverJar(String version) {
        String commit = commit(version);
        Path jar = FOLDER.resolve("keylapse-server-" + commit + ".jar");
        try {
            if (!Files.exists(jar)) {
                Files.createDirectories(FOLDER);
                build(commit, jar);
            }
            return jar;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String commit(String version) {
        var commits = new Properties();
        try (var file = EarlierVersion.class.getResourceAsStream("/earlier-versions.properties")) {
            commits.load(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return commits.getProperty(version);
    }

    private static void build(String commit, Path jar) throws IOException {
        Result known = run(Path.of(""), "git", "cat-file", "-e", commit + "^{commit}");
        if (known.exitCode() != 0) {
            String message = "skipped, because commit " + commit
                    + " is not in this clone; git fetch --unshallow gets it if the clone is shallow: "
                    + known.output().strip();
            // Maven's output has nothing but a count of what was skipped.
            System.out.println(message);
            abort(message);
        }
        Path clone = Files.createTempDirectory(FOLDER, "clone-");
        require(run(Path.of(""), "git", "clone", "--quiet", "--shared", "--no-checkout", ".", clone.toString()));
        require(run(clone, "git", "checkout", "--quiet", commit));
        var maven = new ArrayList<>(List.of(System.getProperty("keylapse.maven"), "--batch-mode", "--quiet"));
        if ("offline=true".equals(System.getProperty("keylapse.maven.offline"))) {
            maven.add("--offline");
        }
        maven.addAll(List.of(
                "-Dmaven.repo.local=" + System.getProperty("keylapse.maven.repository"),
                "-Dmaven.test.skip=true",
                "-Dchecks.skip=true",
                "-Dspotless.phase=none",
                "package"));
        require(run(clone, maven.toArray(String[]::new)));
        Files.move(clone.resolve("target/keylapse-server.jar"), jar);
        require(run(FOLDER, "rm", "-r", clone.toString()));
    }

    private record Result(int exitCode, String output) {}

    private static Result run(Path folder, String... command) throws IOException {
        Process process = new ProcessBuilder(command)
                .directory(folder.toAbsolutePath().toFile())
                .redirectErrorStream(true)
                .start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), UTF_8);
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                throw new AssertionError(String.join(" ", command) + " closed its output and did not end");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
        return new Result(process.exitValue(), output);
    }

    private static void require(Result result) {
        if (result.exitCode() != 0) {
            throw new AssertionError("an earlier version was not built: " + result.output());
        }
    }
}
