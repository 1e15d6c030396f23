package io.keylapse.app.embedded;

import io.zonky.test.db.postgres.embedded.DefaultPostgresBinaryResolver;
import io.zonky.test.db.postgres.embedded.PgBinaryResolver;
import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.CRC32;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.io.FileUtils;
import org.tukaani.xz.XZInputStream;
import redis.embedded.RedisExecProvider;

/**
 * The server programs, unpacked once from the libraries that contain them. Each is unpacked into a temporary directory
 * that is then renamed, so that an unpacked program is always complete and concurrent or killed starts are harmless.
 *
 * @param folder where the unpacked programs are kept
 * @param postgresArchive where Postgres is unpacked from
 */
record Programs(Path folder, PgBinaryResolver postgresArchive) {

    private static final int OWNER_MAY_EXECUTE = 0100;

    /** The server programs that this build contains. */
    Programs(Path folder) {
        this(folder, DefaultPostgresBinaryResolver.INSTANCE);
    }

    /** The directory with {@code postgres}, {@code initdb} and {@code pg_ctl}. */
    Path postgres() {
        try {
            byte[] archive;
            try (InputStream source = postgresArchive.getPgBinary(
                    System.getProperty("os.name").startsWith("Mac") ? "Darwin" : "Linux",
                    System.getProperty("os.arch"))) {
                archive = source.readAllBytes();
            }
            Path unpacked = folder.resolve("postgres-" + fingerprint(archive));
            if (Files.notExists(unpacked)) {
                Path draft = Files.createTempDirectory(folder, PrivateFile.DRAFT);
                if (!unpackBySystem(archive, draft)) {
                    unpack(archive, draft);
                }
                settle(draft, unpacked);
            }
            return unpacked.resolve("bin");
        } catch (IOException | IllegalStateException e) {
            throw unavailable("PostgreSQL", e);
        }
    }

    /** The {@code redis-server} program. */
    Path redisServer() {
        Path unpacked = folder.resolve("redis-" + RedisExecProvider.redisVersion);
        try {
            if (Files.notExists(unpacked)) {
                Path draft = Files.createTempDirectory(folder, PrivateFile.DRAFT);
                File copy = RedisExecProvider.defaultProvider().get();
                Files.copy(copy.toPath(), draft.resolve("redis-server"), StandardCopyOption.COPY_ATTRIBUTES);
                settle(draft, unpacked);
            }
            return unpacked.resolve("redis-server");
        } catch (IOException | RuntimeException e) {
            throw unavailable("Redis", e);
        }
    }

    /**
     * Unpacks with the system's {@code tar}, which takes a third of the time. Returns false if there is none with xz.
     */
    private boolean unpackBySystem(byte[] archive, Path target) throws IOException {
        Path file = Files.createTempFile(folder, PrivateFile.DRAFT, ".txz");
        try {
            Files.write(file, archive);
            return Commands.run(List.of("tar", "-xJf", file.toString(), "-C", target.toString()), Path.of("/dev/null"));
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } finally {
            Files.delete(file);
        }
    }

    private static void unpack(byte[] archive, Path target) throws IOException {
        try (TarArchiveInputStream tar =
                new TarArchiveInputStream(new XZInputStream(new ByteArrayInputStream(archive)))) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                Path path = target.resolve(entry.getName()).normalize();
                if (entry.isDirectory()) {
                    Files.createDirectories(path);
                    continue;
                }
                Files.createDirectories(path.getParent());
                Files.deleteIfExists(path);
                if (entry.isSymbolicLink()) {
                    Files.createSymbolicLink(path, Path.of(entry.getLinkName()));
                } else {
                    Files.copy(tar, path);
                    path.toFile().setExecutable((entry.getMode() & OWNER_MAY_EXECUTE) != 0);
                }
            }
        }
    }

    /** Renames a complete draft. Deletes it if another process was faster. */
    static void settle(Path draft, Path place) throws IOException {
        try {
            Files.move(draft, place, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            FileUtils.deleteQuietly(draft.toFile());
            if (Files.notExists(place)) {
                throw e;
            }
        }
    }

    /** A checksum that distinguishes versions. It is computed at every start, where SHA-256 would take 0.2 s. */
    private static String fingerprint(byte[] archive) {
        CRC32 checksum = new CRC32();
        checksum.update(archive);
        return HexFormat.of().toHexDigits(checksum.getValue(), 8);
    }

    private EmbeddedStoresException unavailable(String server, Exception cause) {
        return new EmbeddedStoresException(
                "the built-in " + server + " cannot be unpacked to " + folder + " on " + System.getProperty("os.name")
                        + " " + System.getProperty("os.arch") + " (" + cause
                        + "); free some space there, or start your own "
                        + "and use 'serve' with KEYLAPSE_POSTGRES_URL and KEYLAPSE_REDIS_URI",
                cause);
    }
}
