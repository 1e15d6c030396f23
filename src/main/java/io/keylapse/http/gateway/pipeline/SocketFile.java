package io.keylapse.http.gateway.pipeline;

import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;

/** The file of a Unix domain socket, which outlives a process that is killed and is in the way of the next. */
final class SocketFile {
    private SocketFile() {}

    /**
     * Makes room for a socket: removes one that nobody listens on. Netty's native transport would remove whatever is there.
     *
     * @throws IOException if anything else is there, or it cannot be seen
     */
    static void makeRoom(Path path) throws IOException {
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        if (!isSocket(path)) {
            throw new FileAlreadyExistsException(path.toString(), null, "there is something that is no socket");
        }
        if (!isDead(path)) {
            throw new BindException("Address already in use");
        }
        Files.delete(path);
    }

    private static boolean isSocket(Path path) throws IOException {
        return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
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
