package io.keylapse.app.embedded;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;

/** An embedded Redis server: append-only file, notifications of expired keys, with a password. */
public final class RedisProcess extends StoreProcess {

    private static final int PROBE_MILLIS = 1_000;

    private final Supplier<Path> program;
    private final String password;
    private final String fsync;

    RedisProcess(Path home, Path log, Supplier<Path> program, String password, boolean durable) {
        super(home, log, FreePort.REDIS.pick());
        this.program = program;
        this.password = password;
        this.fsync = durable ? "everysec" : "no";
    }

    /** The URI with the password in it. */
    public String uri() {
        return "redis://:" + password + "@127.0.0.1:" + port;
    }

    @Override
    String program() {
        return "redis-server";
    }

    @Override
    Path pidFile() {
        return home.resolve("redis.pid");
    }

    @Override
    String ownArgument() {
        return settingsFile().toString();
    }

    private Path settingsFile() {
        return home.resolve("redis.conf");
    }

    @Override
    void prepare() throws IOException {
        // A file, because every user can read a process's arguments. Setting a process title would hide the argument
        // that identifies this server.
        PrivateFile.write(
                settingsFile(),
                String.format(Locale.ROOT, """
                # Generated at every start.
                bind 127.0.0.1
                port %d
                requirepass %s
                dir %s
                pidfile %s
                daemonize no
                set-proc-title no
                appendonly yes
                appendfsync %s
                save ""
                maxmemory-policy noeviction
                notify-keyspace-events Ex
                """, port, password, quoted(home), quoted(pidFile()), fsync));
    }

    private static String quoted(Path path) {
        return '"' + path.toString().replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }

    @Override
    List<String> command() {
        return List.of(program.get().toString(), settingsFile().toString());
    }

    @Override
    boolean answers() {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), PROBE_MILLIS);
            socket.setSoTimeout(PROBE_MILLIS);
            socket.getOutputStream().write(("AUTH " + password + "\r\nPING\r\n").getBytes(StandardCharsets.US_ASCII));
            BufferedReader answers =
                    new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
            // While Redis loads its file, it accepts the password but replies -LOADING to every other command.
            return "+OK".equals(answers.readLine()) && "+PONG".equals(answers.readLine());
        } catch (IOException e) {
            return false;
        }
    }

    @Override
    void askToStop(ProcessHandle server) {
        server.destroy();
    }
}
