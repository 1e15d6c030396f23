package io.keylapse.app;

import io.keylapse.app.embedded.PrivateFile;
import io.micronaut.context.exceptions.ConfigurationException;
import java.io.IOException;
import java.nio.file.Path;

/** The generated encryption key of {@code dev}, in a file that only its user can read. */
final class EncryptionKeyFile {
    private EncryptionKeyFile() {}

    static String openOrCreate(Path dataDirectory) {
        Path path = dataDirectory.resolve("encryption-key").toAbsolutePath().normalize();
        try {
            return PrivateFile.key(path);
        } catch (IOException e) {
            throw new ConfigurationException(
                    path + " cannot be read or created (" + e + "); set KEYLAPSE_ENCRYPTION_KEY or"
                            + " KEYLAPSE_DATA_DIR to another folder",
                    e);
        }
    }
}
