package io.keylapse.app;

import io.keylapse.app.embedded.PrivateFile;
import io.micronaut.context.exceptions.ConfigurationException;
import java.io.IOException;
import java.nio.file.Path;

/** The generated management key of {@code dev}, in a file that only its user can read. */
record AdminKeyFile(Path path, String key) {
    static AdminKeyFile openOrCreate(Path dataDirectory) {
        Path path = dataDirectory.resolve("admin-key").toAbsolutePath().normalize();
        try {
            return new AdminKeyFile(path, PrivateFile.password(path));
        } catch (IOException e) {
            throw new ConfigurationException(
                    path + " cannot be read or created (" + e + "); set KEYLAPSE_ADMIN_KEY or"
                            + " KEYLAPSE_DATA_DIR to another folder",
                    e);
        }
    }

    /** A shell expression that reads the key, for use within double quotes. */
    String inShell() {
        return "$(cat '" + path.toString().replace("'", "'\\''") + "')";
    }

    @Override
    public String toString() {
        return "AdminKeyFile[" + path + "]";
    }
}
