package io.keylapse.http.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.security.auth.module.UnixSystem;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who may connect to the gateways' socket. */
class GatewaySocketIT {
    private static final int NOBODY = 65_534;

    @TempDir
    Path folder;

    @BeforeEach
    void openFolder() throws IOException {
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    @Test
    void socket_can_be_used_by_the_user_of_a_gateway() throws Exception {
        Path socket = folder.resolve("check.sock");
        try (Node node = start(socket, null)) {
            assertThat(permissions(socket)).isEqualTo("rw-rw-rw-");
            assumeOtherUsers();
            String key = node.issue(Duration.ofDays(1)).text("key");
            assertThat(checkAsNobody(socket, key)).isEqualTo("200");
        }
    }

    @Test
    void mode_of_the_socket_decides_who_may_connect() throws Exception {
        Path socket = folder.resolve("check.sock");
        try (Node node = start(socket, "0660")) {
            assertThat(permissions(socket)).isEqualTo("rw-rw----");
            assumeOtherUsers();
            String key = node.issue(Duration.ofDays(1)).text("key");
            assertThat(checkAsNobody(socket, key)).isEqualTo("000");
            Files.setAttribute(socket, "unix:gid", NOBODY);
            assertThat(checkAsNobody(socket, key)).isEqualTo("200");
        }
    }

    private static Node start(Path socket, @Nullable String mode) {
        var settings = new HashMap<String, Object>(Map.of("keylapse.gateway.socket", socket.toString()));
        if (mode != null) {
            settings.put("keylapse.gateway.socket-mode", mode);
        }
        return Node.start(Stores.shared(), settings);
    }

    private static String permissions(Path socket) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(socket));
    }

    /** The rest of the test needs root, so that it can become another user. */
    private static void assumeOtherUsers() {
        assumeTrue(new UnixSystem().getUid() == 0, "only root can become another user");
        if (System.getenv("REQUIRE_ALL_TESTS") == null) {
            assumeTrue(Files.isExecutable(Path.of("/usr/bin/setpriv")), "setpriv");
            assumeTrue(Files.isExecutable(Path.of("/usr/bin/curl")), "curl");
        }
    }

    /** The status of a check by another user; 000 if there is no connection. */
    private static String checkAsNobody(Path socket, String key) throws Exception {
        Process curl = new ProcessBuilder(
                        "/usr/bin/setpriv",
                        "--reuid=" + NOBODY,
                        "--regid=" + NOBODY,
                        "--clear-groups",
                        "/usr/bin/curl",
                        "--silent",
                        "--output",
                        "/dev/null",
                        "--write-out",
                        "%{http_code}",
                        "--header",
                        "X-API-Key: " + key,
                        "--unix-socket",
                        socket.toString(),
                        "http://keylapse/check")
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String status = new String(curl.getInputStream().readAllBytes(), UTF_8);
        // 7: failed to connect.
        assertThat(curl.waitFor()).isIn(0, 7);
        return status;
    }
}
