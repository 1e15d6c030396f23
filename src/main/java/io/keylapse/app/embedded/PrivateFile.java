package io.keylapse.app.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.commons.io.FileUtils;

/** Creates files and directories that only the user running Keylapse can read. */
public final class PrivateFile {

    /** The prefix of temporary files and directories. */
    static final String DRAFT = ".draft-";

    private static final int PASSWORD_BYTES = 24;
    private static final int KEY_BYTES = 32;

    private PrivateFile() {}

    static FileAttribute<Set<PosixFilePermission>> folder() {
        return PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
    }

    /**
     * Deletes temporary files that a killed start left in the directory. The caller must hold the lock of the
     * directory.
     */
    static void clearDrafts(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            files.filter(file -> file.getFileName().toString().startsWith(DRAFT))
                    .forEach(file -> FileUtils.deleteQuietly(file.toFile()));
        }
    }

    /** Writes the file atomically, with mode 0600 from its creation. */
    static void write(Path file, String text) throws IOException {
        // createTempFile sets mode 0600, whatever the umask is.
        Path draft = Files.createTempFile(file.toAbsolutePath().getParent(), DRAFT, null);
        Files.writeString(draft, text);
        Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
    }

    /** The password in the file; without a file, creates one with a new password of 192 random bits. */
    public static String password(Path file) throws IOException {
        return readOrWrite(file, PASSWORD_BYTES, Base64.getUrlEncoder().withoutPadding());
    }

    /** The 256-bit key in the file, in base 64; without a file, creates one with a new key. */
    public static String key(Path file) throws IOException {
        return readOrWrite(file, KEY_BYTES, Base64.getEncoder());
    }

    private static String readOrWrite(Path file, int bytes, Base64.Encoder encoder) throws IOException {
        if (Files.notExists(file)) {
            byte[] random = new byte[bytes];
            new SecureRandom().nextBytes(random);
            write(file, encoder.encodeToString(random) + "\n");
        }
        return Files.readString(file).strip();
    }
}
