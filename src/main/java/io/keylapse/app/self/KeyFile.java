package io.keylapse.app.self;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A file with a key and nothing else. It is locked while it is open, so that of several programs only one replaces it at a
 * time. It is replaced atomically: a reader sees the old key or the new one.
 */
final class KeyFile implements AutoCloseable {
    private static final int MAX_BYTES = 1024;
    private static final Pattern KEY = Pattern.compile("([!-~]+)(\r?\n)?");

    private final Path path;
    private final FileChannel locked;
    private final String key;
    private final String lineEnd;
    /** Made before the key is rotated, so that a folder that cannot be written to is noticed before. */
    private final Path next;

    private KeyFile(Path path, FileChannel locked, String text) throws IOException {
        var form = KEY.matcher(text);
        if (!form.matches()) {
            throw new IOException(path + " must contain a key and nothing else");
        }
        this.path = path;
        this.locked = locked;
        this.key = form.group(1);
        this.lineEnd = Objects.requireNonNullElse(form.group(2), "");
        this.next = Files.createTempFile(path.getParent(), "." + path.getFileName(), ".new");
        try {
            copyAccess(path, next);
        } catch (IOException | RuntimeException e) {
            Files.deleteIfExists(next);
            throw e;
        }
    }

    /**
     * Opens a file, and waits until no other program has it open. A link is followed, and what it points to is replaced.
     *
     * @throws IOException if it cannot be read or replaced, or contains anything but a key
     */
    static KeyFile open(Path file) throws IOException {
        Path path = file.toRealPath();
        while (true) {
            @Nullable Object before = identity(path);
            FileChannel channel = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
            try {
                var _ = channel.lock();
                // It may have been replaced before the lock was granted.
                if (Objects.equals(before, identity(path))) {
                    return new KeyFile(path, channel, read(path));
                }
            } catch (IOException | RuntimeException e) {
                channel.close();
                throw e;
            }
            channel.close();
        }
    }

    String key() {
        return key;
    }

    /** Replaces the file by one with this key, with the same mode and owner. */
    void replace(String newKey) throws IOException {
        try (var out = FileChannel.open(next, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            var bytes = ByteBuffer.wrap((newKey + lineEnd).getBytes(UTF_8));
            while (bytes.hasRemaining()) {
                out.write(bytes);
            }
            out.force(true);
        }
        Files.move(next, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        forceDirectory();
    }

    /** After a loss of power, the old key must not be back: its successor is in use then. */
    private void forceDirectory() {
        try (var directory = FileChannel.open(path.toAbsolutePath().getParent(), StandardOpenOption.READ)) {
            directory.force(true);
        } catch (IOException e) {
            // Some systems cannot open directories.
        }
    }

    @Override
    public void close() throws IOException {
        Files.deleteIfExists(next);
        locked.close();
    }

    private static String read(Path path) throws IOException {
        if (Files.size(path) > MAX_BYTES) {
            throw new IOException(path + " must contain a key and nothing else");
        }
        return Files.readString(path, UTF_8);
    }

    private static @Nullable Object identity(Path path) throws IOException {
        return Files.readAttributes(path, BasicFileAttributes.class).fileKey();
    }

    private static void copyAccess(Path from, Path to) throws IOException {
        PosixFileAttributeView view = Files.getFileAttributeView(to, PosixFileAttributeView.class);
        if (view == null) {
            return;
        }
        PosixFileAttributes of = Files.readAttributes(from, PosixFileAttributes.class);
        PosixFileAttributes now = view.readAttributes();
        if (!now.owner().equals(of.owner())) {
            view.setOwner(of.owner());
        }
        if (!now.group().equals(of.group())) {
            view.setGroup(of.group());
        }
        if (!PosixFilePermissions.toString(now.permissions()).equals(PosixFilePermissions.toString(of.permissions()))) {
            view.setPermissions(of.permissions());
        }
    }
}
