package io.keylapse.app;

import io.keylapse.app.embedded.PrivateFile;
import io.micronaut.context.exceptions.ConfigurationException;
import java.io.IOException;
import java.nio.file.Path;

/** The management key that {@code dev} makes for itself, in a file that only its user can read. */
record AdminKeyFile(Path path, String key) {
    static AdminKeyFile openOrCreate(Path dataDirectory) {
        Path path = dataDirectory.resolve("admin-key").toAbsolutePath().normalize();
        try {
            return new AdminKeyFile(path, PrivateFile.password(path));
        } catch (IOException e) {
            throw new ConfigurationException(
                    path + " cannot be read or made (" + e + "); set KEYLAPSE_ADMIN_KEY or"
                            + " KEYLAPSE_DATA_DIR to another folder",
                    e);
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
