package io.keylapse.app.embedded;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * An exclusive lock on a data directory, for one Keylapse at a time. The kernel releases it when the process ends, even
 * if it is killed.
 */
final class DirectoryLock implements AutoCloseable {

    /**
     * The locks of this JVM. POSIX releases a process's locks on a file when it closes <em>any</em> descriptor of that
     * file, so a file whose lock is held must not be opened again.
     */
    private static final Set<Path> HELD_BY_THIS_JVM = ConcurrentHashMap.newKeySet();

    private final Path file;
    private final FileChannel channel;

    private DirectoryLock(Path file, FileChannel channel) {
        this.file = file;
        this.channel = channel;
    }

    /**
     * Takes the lock; empty if another process, or another part of this one, holds it.
     *
     * @param directory a real path, so that two names of one directory use the same lock
     */
    static Optional<DirectoryLock> tryAcquire(Path directory) throws IOException {
        Path file = directory.resolve("lock");
        if (!HELD_BY_THIS_JVM.add(file)) {
            return Optional.empty();
        }
        try {
            Optional<DirectoryLock> lock = tryLock(file);
            if (lock.isEmpty()) {
                HELD_BY_THIS_JVM.remove(file);
            }
            return lock;
        } catch (IOException e) {
            HELD_BY_THIS_JVM.remove(file);
            throw e;
        }
    }

    private static Optional<DirectoryLock> tryLock(Path file) throws IOException {
        FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        if (channel.tryLock() == null) {
            channel.close();
            return Optional.empty();
        }
        byte[] pid = Long.toString(ProcessHandle.current().pid()).getBytes(StandardCharsets.US_ASCII);
        channel.truncate(0).write(ByteBuffer.wrap(pid));
        return Optional.of(new DirectoryLock(file, channel));
    }

    /** The process id of the lock's holder, as text; "unknown" until the holder has written it. */
    static String holder(Path directory) throws IOException {
        Path file = directory.resolve("lock");
        String pid = HELD_BY_THIS_JVM.contains(file)
                ? Long.toString(ProcessHandle.current().pid())
                : Files.readString(file).strip();
        return pid.isEmpty() ? "unknown" : pid;
    }

    @Override
    public void close() throws IOException {
        channel.close();
        HELD_BY_THIS_JVM.remove(file);
    }
}
