package io.keylapse.harness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** A disk of 2 MB that Postgres can fill up. */
public final class SmallDisk implements AutoCloseable {
    static final String OPTIONS = "size=2m,mode=0777";

    private final String path;
    private final boolean ours;

    private SmallDisk(String path, boolean ours) {
        this.path = path;
        this.ours = ours;
    }

    /** One that is mounted in Postgres's container. */
    static SmallDisk inContainer(String path) {
        return new SmallDisk(path, false);
    }

    /** Mounts one on this machine; empty if that is not possible, because it takes root. */
    static Optional<SmallDisk> mount() {
        try {
            Path folder = Files.createTempDirectory("keylapse-small-disk");
            if (Files.exists(Path.of("/bin/mount"))
                    && run("mount", "-t", "tmpfs", "-o", OPTIONS, "tmpfs", folder.toString())) {
                return Optional.of(new SmallDisk(folder.toString(), true));
            }
            Files.delete(folder);
            return Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Where Postgres finds it. */
    public String path() {
        return path;
    }

    @Override
    public void close() {
        if (ours) {
            try {
                run("umount", path);
                Files.delete(Path.of(path));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private static boolean run(String... command) throws IOException {
        try {
            return new ProcessBuilder(command)
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
