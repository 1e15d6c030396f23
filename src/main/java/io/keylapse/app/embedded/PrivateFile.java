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

/** Files and folders that only the user running Keylapse can read. */
public final class PrivateFile {

    /** How the names of unfinished files and folders begin. */
    static final String DRAFT = ".draft-";

    private static final int PASSWORD_BYTES = 24;
    private static final int KEY_BYTES = 32;

    private PrivateFile() {}

    static FileAttribute<Set<PosixFilePermission>> folder() {
        return PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
    }

    /** Deletes what a start that was killed had begun in the folder. Only for a folder that is locked. */
    static void clearDrafts(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            files.filter(file -> file.getFileName().toString().startsWith(DRAFT))
                    .forEach(file -> FileUtils.deleteQuietly(file.toFile()));
        }
    }

    /** Writes the whole file or nothing, mode 0600 from its first moment. */
    static void write(Path file, String text) throws IOException {
        // createTempFile makes mode 0600, whatever the umask is.
        Path draft = Files.createTempFile(file.toAbsolutePath().getParent(), DRAFT, null);
        Files.writeString(draft, text);
        Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
    }

    /** The password in the file, or a new one of 192 random bits if there is no such file. */
    public static String password(Path file) throws IOException {
        return readOrWrite(file, PASSWORD_BYTES, Base64.getUrlEncoder().withoutPadding());
    }

    /** The key of 256 bits in the file, in base 64, or a new one if there is no such file. */
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
