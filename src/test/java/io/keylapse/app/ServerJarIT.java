package io.keylapse.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarFile;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Test;

class ServerJarIT {
    private static List<String> embedded(Path jar) throws IOException {
        try (var file = new JarFile(jar.toFile())) {
            return file.stream()
                    .map(ZipEntry::getName)
                    .filter(name ->
                            name.matches("redis/embedded/.*|io/zonky/.*|.*\\.txz|redis-server.*|org/tukaani/.*"))
                    .toList();
        }
    }

    @Test
    void the_jar_for_production_holds_no_embedded_servers() throws IOException {
        assertThat(embedded(Program.serverJar())).isEmpty();
        assertThat(embedded(Program.jar())).as("what would be found").isNotEmpty();
    }
}
