package io.keylapse.http.gateway.pipeline;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;

/** The file of a Unix domain socket, which outlives a process that is killed and is in the way of the next. */
final class SocketFile {
    private SocketFile() {}

    /** Removes a socket that nobody listens on; whatever else is there stays, and is in use to whoever binds. */
    static void removeIfDead(Path path) {
        try {
            if (isSocket(path) && isDead(path)) {
                Files.delete(path);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean isSocket(Path path) throws IOException {
        return Files.exists(path, LinkOption.NOFOLLOW_LINKS)
                && Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                        .isOther();
    }

    private static boolean isDead(Path path) throws IOException {
        try (SocketChannel _ = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
            return false;
        } catch (ConnectException _) {
            return true;
        }
    }
}
