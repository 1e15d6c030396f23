package io.keylapse.harness;

import io.keylapse.app.embedded.EmbeddedStores;
import io.keylapse.app.embedded.ThrowawayStores;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * The version of Postgres in the embedded stores of tests: the bundled one, or an older supported one with {@code
 * -Dkeylapse.test.postgres=14}.
 */
public final class PostgresVersion {
    /** The newest unsupported version. */
    public static final String TOO_OLD = "13";

    /** The oldest supported version. */
    public static final String OLDEST = "14";

    /** The bundled version. */
    static final String PRESENT = "18";

    private static final List<String> OLDER = List.of(TOO_OLD, OLDEST, "15", "16", "17");

    /** Where the build puts the older versions. */
    private static final Path JARS = Path.of("target", "postgres");

    private PostgresVersion() {}

    /** The version that the switch sets, if any. */
    static Optional<String> chosen() {
        return Optional.ofNullable(System.getProperty("keylapse.test.postgres"));
    }

    /** Embedded stores with the version that the switch sets. */
    public static EmbeddedStores start() {
        return start(chosen().orElse(PRESENT));
    }

    /** Embedded stores with this major version of Postgres. */
    public static EmbeddedStores start(String version) {
        if (version.equals(PRESENT)) {
            return ThrowawayStores.start();
        }
        if (!OLDER.contains(version)) {
            throw new IllegalArgumentException(
                    "keylapse.test.postgres must be one of " + OLDER + " or " + PRESENT + ", not " + version);
        }
        return ThrowawayStores.start((_, _) -> archive(JARS.resolve("postgres-" + version + ".jar")));
    }

    private static InputStream archive(Path jar) throws IOException {
        if (!Files.exists(jar)) {
            throw new IllegalStateException(jar + " is missing; 'mvn generate-test-resources' puts it there");
        }
        try (ZipFile zip = new ZipFile(jar.toFile())) {
            ZipEntry archive = zip.stream()
                    .filter(entry -> entry.getName().endsWith(".txz"))
                    .findFirst()
                    .orElseThrow();
            return new ByteArrayInputStream(zip.getInputStream(archive).readAllBytes());
        }
    }
}
