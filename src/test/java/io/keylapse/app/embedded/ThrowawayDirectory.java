package io.keylapse.app.embedded;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.apache.commons.io.FileUtils;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A data directory for one test run, in the system's directory for temporary files. */
record ThrowawayDirectory(Path path) {

    private static final Logger LOG = LoggerFactory.getLogger(ThrowawayDirectory.class);
    private static final String PREFIX = "keylapse-throwaway-";

    /**
     * Longer than the time between creating a lock file and locking it, so that a run that is just starting is left
     * alone.
     */
    private static final Duration GRACE = Duration.ofSeconds(10);

    static ThrowawayDirectory create() {
        try {
            return new ThrowawayDirectory(Files.createTempDirectory(PREFIX).toRealPath());
        } catch (IOException e) {
            throw new EmbeddedStoresException(
                    "no temporary directory can be created in " + temporary() + " (" + e + "); free some space there",
                    e);
        }
    }

    void delete() {
        if (!FileUtils.deleteQuietly(path.toFile())) {
            LOG.warn("{} cannot be deleted; delete it manually", path);
        }
    }

    /**
     * The directory in which test runs share the unpacked programs; unpacking takes most of a first start. Any user can
     * create a directory of that name and put programs into it, so it is used only if it belongs to this user and
     * nobody else can access it.
     */
    Path sharedPrograms() {
        Path shared = temporary().resolve("keylapse-programs-" + System.getProperty("user.name"));
        try {
            try {
                Files.createDirectory(shared, PrivateFile.folder());
            } catch (FileAlreadyExistsException e) {
                LOG.debug("{} already exists", shared);
            }
            boolean ours = Files.isDirectory(shared, LinkOption.NOFOLLOW_LINKS)
                    && Files.getOwner(shared).equals(Files.getOwner(path))
                    && PosixFilePermissions.toString(Files.getPosixFilePermissions(shared))
                            .equals("rwx------");
            return ours ? shared : path.resolve("programs");
        } catch (IOException e) {
            return path.resolve("programs");
        }
    }

    /**
     * The data directories of this user that were locked at least 10 s ago. A running test may still hold the lock of one;
     * the others are left from killed runs.
     */
    List<ThrowawayDirectory> leftovers() {
        try (Stream<Path> all = Files.list(temporary())) {
            return all.filter(other -> other.getFileName().toString().startsWith(PREFIX))
                    .filter(this::isLeftover)
                    .map(ThrowawayDirectory::new)
                    .toList();
        } catch (IOException e) {
            LOG.debug("cannot look for leftovers in {}", temporary(), e);
            return List.of();
        }
    }

    private boolean isLeftover(Path other) {
        try {
            Instant taken = Files.getLastModifiedTime(other.resolve("lock")).toInstant();
            return Files.getOwner(other, LinkOption.NOFOLLOW_LINKS).equals(Files.getOwner(path))
                    && taken.isBefore(Instant.now().minus(GRACE));
        } catch (IOException e) {
            return false;
        }
    }

    private static Path temporary() {
        return Path.of(System.getProperty("java.io.tmpdir"));
    }
}
