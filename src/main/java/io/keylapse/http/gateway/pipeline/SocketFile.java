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

/**
 * The file of a Unix domain socket. It stays behind when the process is killed, and would prevent the next one from
 * starting.
 */
final class SocketFile {
    private SocketFile() {}

    /**
     * Removes a socket that nobody listens on. Netty's native transport would remove any file.
     *
     * @throws IOException if the path is anything else, or cannot be read
     */
    static void makeRoom(Path path) throws IOException {
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        if (!isSocket(path)) {
            throw new FileAlreadyExistsException(path.toString(), null, "the file exists and is not a socket");
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
