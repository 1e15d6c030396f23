package io.keylapse.app.embedded;

import com.sun.security.auth.module.UnixSystem;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** The data directory of both stores: its layout, its password and its lock. */
final class DataDirectory implements AutoCloseable {

    private final Path root;
    private final DirectoryLock lock;

    private DataDirectory(Path root, DirectoryLock lock) {
        this.root = root;
        this.lock = lock;
    }

    /**
     * Creates the directory if necessary, and locks it.
     *
     * @throws EmbeddedStoresException if it cannot be used: it is in use, belongs to another user, or cannot be written
     */
    static DataDirectory open(Path given) {
        if (!FileSystems.getDefault().supportedFileAttributeViews().contains("posix")) {
            throw new EmbeddedStoresException("the built-in PostgreSQL and Redis run on Linux and macOS only;"
                    + " start your own and use 'serve' with KEYLAPSE_POSTGRES_URL and KEYLAPSE_REDIS_URI");
        }
        try {
            Files.createDirectories(given, PrivateFile.folder());
            Path root = given.toRealPath();
            refuseDataOfAnotherUser(root);
            Optional<DirectoryLock> lock = DirectoryLock.tryAcquire(root);
            if (lock.isEmpty()) {
                throw new EmbeddedStoresException("data directory " + given + " is in use by another Keylapse (pid "
                        + DirectoryLock.holder(root) + "); stop it or set KEYLAPSE_DATA_DIR to another folder");
            }
            return new DataDirectory(root, lock.get()).withFolders(given);
        } catch (IOException e) {
            throw unusable(given, e);
        }
    }

    /**
     * Refuses the data of another user. Root could read it, but PostgreSQL runs without root's rights and could not,
     * and Redis would leave files in it that belong to root.
     */
    private static void refuseDataOfAnotherUser(Path root) throws IOException {
        Path postgres = root.resolve("postgres");
        long user = new UnixSystem().getUid();
        if (Files.exists(postgres) && ((Integer) Files.getAttribute(postgres, "unix:uid")) != user) {
            throw new EmbeddedStoresException(postgres + " belongs to user " + Files.getOwner(postgres)
                    + "; run Keylapse as that user, or set KEYLAPSE_DATA_DIR to another folder");
        }
    }

    private DataDirectory withFolders(Path given) {
        try {
            for (Path folder : new Path[] {redis(), logs(), programs()}) {
                Files.createDirectories(folder, PrivateFile.folder());
                PrivateFile.clearDrafts(folder);
            }
            PrivateFile.clearDrafts(root);
            return this;
        } catch (IOException e) {
            close();
            throw unusable(given, e);
        }
    }

    private static EmbeddedStoresException unusable(Path given, IOException cause) {
        String user = System.getProperty("user.name");
        return new EmbeddedStoresException(
                "data directory " + given + " cannot be created or written by user " + user + " (" + cause
                        + "); make it writable, or set KEYLAPSE_DATA_DIR to another folder",
                cause);
    }

    Path postgres() {
        return root.resolve("postgres");
    }

    Path redis() {
        return root.resolve("redis");
    }

    Path logs() {
        return root.resolve("logs");
    }

    Path programs() {
        return root.resolve("programs");
    }

    Path passwordFile() {
        return root.resolve("store-password");
    }

    /** Releases the lock, so that another Keylapse can use the directory. */
    @Override
    public void close() {
        try {
            lock.close();
        } catch (IOException e) {
            throw new EmbeddedStoresException(
                    "the lock in data directory " + root
                            + " cannot be released; stop this process before the next start",
                    e);
        }
    }
}
