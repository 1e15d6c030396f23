package io.keylapse.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.toMap;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.constantpool.ClassEntry;
import java.lang.classfile.constantpool.PoolEntry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code keylapse-client.jar} as others use it. */
class ClientJarIT {
    private static final int JAVA_17 = 61;
    private static final Path JAR =
            Path.of(System.getProperty("keylapse.jar", "")).resolveSibling("keylapse-client.jar");

    @TempDir
    Path folder;

    @Test
    void jar_has_only_the_client_in_bytecode_of_java_17() throws IOException {
        try (var jar = new JarFile(JAR.toFile())) {
            assertThat(jar.stream().map(JarEntry::getName).filter(name -> !name.endsWith("/")))
                    .allMatch(name -> name.equals("META-INF/MANIFEST.MF") || name.startsWith("io/keylapse/client/"))
                    .contains(
                            "io/keylapse/client/KeylapseClient.class",
                            "io/keylapse/client/servlet/KeylapseFilter.class");
            assertThat(jar.getManifest().getMainAttributes().getValue("Automatic-Module-Name"))
                    .isEqualTo("io.keylapse.client");
        }
        assertThat(classes().values()).hasSizeGreaterThan(15).allMatch(each -> each.majorVersion() == JAVA_17);
    }

    @Test
    void client_needs_nothing_but_the_jdk_and_its_filter_nothing_but_the_servlet_api_too() throws IOException {
        classes()
                .forEach((file, model) -> assertThat(usedClasses(model))
                        .as(file)
                        .allMatch(name -> name.startsWith("java/")
                                || name.startsWith("javax/net/ssl/")
                                || name.startsWith("io/keylapse/client/")
                                || (name.startsWith("jakarta/servlet/")
                                        && file.startsWith("io/keylapse/client/servlet/"))));
    }

    @Test
    void program_does_not_contain_the_client() throws IOException {
        for (String name : List.of("keylapse.jar", "keylapse-server.jar")) {
            try (var jar = new JarFile(JAR.resolveSibling(name).toFile())) {
                assertThat(jar.stream().map(JarEntry::getName))
                        .noneMatch(each -> each.startsWith("io/keylapse/client"));
                assertThat(jar.stream().map(JarEntry::getName)).noneMatch(each -> each.startsWith("jakarta/servlet"));
            }
        }
    }

    /** Skipped where there is no JDK 17. */
    @Test
    void checks_work_on_java_17() throws Exception {
        Optional<Path> java = java17();
        assumeThat(java).as("a Java 17").isPresent();
        Path source = Files.writeString(folder.resolve("Gateway.java"), """
                import io.keylapse.client.CheckResult;
                import io.keylapse.client.KeylapseClient;
                import java.util.List;

                public class Gateway {
                    public static void main(String[] nodes) {
                        try (KeylapseClient client = KeylapseClient.of(nodes)) {
                            for (int i = 0; i < 3; i++) {
                                CheckResult result = client.check("kl_abc", List.of("read"));
                                System.out.print(result instanceof CheckResult.Good good ? good.owner() + " " : result);
                            }
                        }
                    }
                }
                """);
        int compiled = Objects.requireNonNull(ToolProvider.getSystemJavaCompiler())
                .run(
                        null,
                        null,
                        null,
                        "--release",
                        "17",
                        "-proc:none",
                        "-classpath",
                        JAR.toString(),
                        "-d",
                        folder.toString(),
                        source.toString());
        assertThat(compiled).isZero();

        var node = new ScriptedNode(ScriptedNode.GOOD);
        Process gateway = new ProcessBuilder(
                        java.orElseThrow().toString(),
                        "-classpath",
                        JAR + File.pathSeparator + folder,
                        "Gateway",
                        node.address())
                .redirectErrorStream(true)
                .start();
        assertThat(new String(gateway.getInputStream().readAllBytes(), UTF_8)).isEqualTo("acme acme acme ");
        assertThat(gateway.waitFor()).isZero();
        assertThat(node.connections()).isEqualTo(1);
    }

    private static Map<String, ClassModel> classes() throws IOException {
        try (var jar = new JarFile(JAR.toFile())) {
            return jar.stream()
                    .filter(entry -> entry.getName().endsWith(".class"))
                    .collect(toMap(JarEntry::getName, entry -> {
                        try (InputStream in = jar.getInputStream(entry)) {
                            return ClassFile.of().parse(in.readAllBytes());
                        } catch (IOException e) {
                            throw new UncheckedIOException(e);
                        }
                    }));
        }
    }

    /** Without annotations, which need not exist when a program runs. */
    private static Stream<String> usedClasses(ClassModel model) {
        Stream<PoolEntry> entries = StreamSupport.stream(model.constantPool().spliterator(), false);
        return entries.filter(ClassEntry.class::isInstance)
                .map(entry -> ((ClassEntry) entry).asInternalName())
                .map(name -> name.replaceFirst("^\\[+L?", ""))
                .filter(name -> name.length() > 1);
    }

    private static Optional<Path> java17() throws IOException {
        for (Path folder : Set.of(
                Path.of("/usr/lib/jvm"),
                Path.of(System.getProperty("user.home"), ".sdkman", "candidates", "java"),
                Path.of(System.getProperty("user.home"), ".jdks"))) {
            File[] homes = folder.toFile().listFiles();
            for (File home : homes == null ? new File[0] : homes) {
                Path release = home.toPath().resolve("release");
                Path java = home.toPath().resolve("bin").resolve("java");
                if (Files.isExecutable(java)
                        && Files.exists(release)
                        && Files.readString(release).contains("JAVA_VERSION=\"17.")) {
                    return Optional.of(java);
                }
            }
        }
        return Optional.empty();
    }
}
