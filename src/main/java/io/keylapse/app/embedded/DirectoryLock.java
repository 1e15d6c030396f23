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

/** One Keylapse at a time in a folder. The kernel frees the lock when its process ends, however it ends. */
final class DirectoryLock implements AutoCloseable {

    /** POSIX frees a process's locks when it closes <em>any</em> descriptor of the file, so never open a held one. */
    private static final Set<Path> HELD_BY_THIS_JVM = ConcurrentHashMap.newKeySet();

    private final Path file;
    private final FileChannel channel;

    private DirectoryLock(Path file, FileChannel channel) {
        this.file = file;
        this.channel = channel;
    }

    /**
     * Takes the lock, or returns empty if another process or another part of this one has it.
     *
     * @param directory a real path, so that two names of one folder are one lock
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

    /** The process id of whoever has the lock, as text; "unknown" in the instant before it is written. */
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
