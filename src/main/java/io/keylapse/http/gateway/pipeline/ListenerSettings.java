package io.keylapse.http.gateway.pipeline;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where gateways connect to, and how many connections there may be.
 *
 * @param port second port that answers nothing but {@code /check}, {@code /health/liveness} and {@code
 *     /health/readiness}, so that gateways need not reach the management API; 0 for none
 * @param socket absolute path of a Unix domain socket (Linux) that answers what the gateway port answers
 * @param socketMode permissions of {@code KEYLAPSE_GATEWAY_SOCKET}, octal. Whoever may write to it may connect; by default
 *     every user who can reach its directory
 * @param maxConnections how many connections there may be at once, on all ports together; more are closed at once.
 *     With a gateway port, a socket or a gRPC port, a quarter is reserved for them
 */
@ConfigurationProperties("keylapse.gateway")
record ListenerSettings(
        @Bindable(defaultValue = "0") int port,
        @Nullable String socket,
        @Bindable(defaultValue = "0666") String socketMode,
        @Bindable(defaultValue = "20000") int maxConnections) {
    private static final int HIGHEST_PORT = 65_535;

    /** The longest path that Linux accepts for a socket. */
    private static final int MAX_PATH_BYTES = 107;

    private static final Pattern MODE = Pattern.compile("0?[0-7]{3}");
    private static final int WRITE_BITS = 0222;

    ListenerSettings {
        if (port < 0 || port > HIGHEST_PORT) {
            throw new IllegalArgumentException(
                    "keylapse.gateway.port must be from 1 to " + HIGHEST_PORT + ", or 0 for none, not " + port);
        }
        if (socket != null && !socket.isBlank() && !isUsable(socket)) {
            throw new IllegalArgumentException("keylapse.gateway.socket must be an absolute path of at most "
                    + MAX_PATH_BYTES + " bytes in an existing directory, not \"" + socket + "\"");
        }
        if (!MODE.matcher(socketMode).matches() || (bits(socketMode) & WRITE_BITS) == 0) {
            throw new IllegalArgumentException("keylapse.gateway.socket-mode must be octal permissions such as 0660"
                    + " that let somebody write, not \"" + socketMode + "\"");
        }
        if (maxConnections < 1) {
            throw new IllegalArgumentException(
                    "keylapse.gateway.max-connections must be 1 or more, not " + maxConnections);
        }
    }

    /** Whether gateways have a listener of their own. */
    boolean hasGatewayListener() {
        return port != 0 || socketPath() != null;
    }

    @Nullable
    Path socketPath() {
        return socket == null || socket.isBlank() ? null : Path.of(socket);
    }

    /** The permissions of the socket. */
    Set<PosixFilePermission> socketPermissions() {
        var letters = new StringBuilder("rwxrwxrwx");
        for (int i = 0; i < letters.length(); i++) {
            if ((bits(socketMode) & (0400 >> i)) == 0) {
                letters.setCharAt(i, '-');
            }
        }
        return PosixFilePermissions.fromString(letters.toString());
    }

    private static int bits(String mode) {
        return Integer.parseInt(mode, 8);
    }

    private static boolean isUsable(String socket) {
        try {
            Path path = Path.of(socket);
            return path.isAbsolute()
                    && socket.getBytes(UTF_8).length <= MAX_PATH_BYTES
                    && Files.isDirectory(path.resolveSibling("."));
        } catch (InvalidPathException _) {
            return false;
        }
    }
}
