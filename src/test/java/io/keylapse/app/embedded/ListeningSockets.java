package io.keylapse.app.embedded;

import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The addresses on which this machine listens, read from the kernel's tables (proc_pid_net(5)). Connecting to each
 * address of the machine would prove less and depend on its interfaces.
 */
public final class ListeningSockets {
    private static final List<Path> TABLES = List.of(Path.of("/proc/self/net/tcp"), Path.of("/proc/self/net/tcp6"));

    /** The local address, its port and the state; 0A is LISTEN. */
    private static final Pattern LISTENING = Pattern.compile("\\s*\\d+: ([0-9A-F]+):([0-9A-F]{4}) \\S+ 0A .*");

    private ListeningSockets() {}

    /** The addresses with a listener on this TCP port. The test is skipped if there is no /proc. */
    public static List<InetAddress> of(int port) throws IOException {
        assumeThat(TABLES.getFirst())
                .as("the table of TCP sockets, which only Linux has")
                .exists();
        var found = new ArrayList<InetAddress>();
        for (Path table : TABLES) {
            // A kernel without IPv6 has no second table.
            for (String line : Files.exists(table) ? Files.readAllLines(table) : List.<String>of()) {
                Matcher socket = LISTENING.matcher(line);
                if (socket.matches() && Integer.parseInt(socket.group(2), 16) == port) {
                    found.add(address(socket.group(1)));
                }
            }
        }
        return found;
    }

    /** The kernel prints each 32-bit word in host byte order. */
    private static InetAddress address(String hex) throws UnknownHostException {
        ByteBuffer network = ByteBuffer.wrap(HexFormat.of().parseHex(hex));
        ByteBuffer bytes = ByteBuffer.allocate(network.capacity()).order(ByteOrder.nativeOrder());
        while (network.hasRemaining()) {
            bytes.putInt(network.getInt());
        }
        return InetAddress.getByAddress(bytes.array());
    }
}
