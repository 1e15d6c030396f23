package io.keylapse.app;

import io.micronaut.context.exceptions.ConfigurationException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Set;

/** The management key that {@code dev} makes for itself, in a file that only its user can read. */
record AdminKeyFile(Path path, String key) {
    private static final int RANDOM_BYTES = 30;

    static AdminKeyFile openOrCreate(Path dataDirectory) {
        Path path = dataDirectory.resolve("admin-key").toAbsolutePath().normalize();
        try {
            if (!Files.exists(path)) {
                create(path);
            }
            return new AdminKeyFile(path, Files.readString(path).strip());
        } catch (IOException e) {
            throw new ConfigurationException(
                    path + " cannot be read or made (" + e + "); set KEYLAPSE_ADMIN_KEY or"
                            + " KEYLAPSE_DATA_DIR to another folder",
                    e);
        }
    }

    private static void create(Path path) throws IOException {
        var bytes = new byte[RANDOM_BYTES];
        new SecureRandom().nextBytes(bytes);
        String key = Base64.getUrlEncoder().encodeToString(bytes);
        var mode = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
        try (var file =
                Files.newByteChannel(path, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), mode)) {
            file.write(ByteBuffer.wrap((key + "\n").getBytes(StandardCharsets.US_ASCII)));
        }
    }

    /** How a shell reads it, fit to stand within double quotes. */
    String inShell() {
        return "$(cat '" + path.toString().replace("'", "'\\''") + "')";
    }

    @Override
    public String toString() {
        return "AdminKeyFile[" + path + "]";
    }
}
