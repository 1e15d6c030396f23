package io.keylapse.gateways;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.keylapse.gateways.wire.HttpMessage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.stream.Stream;

/** The gateways of {@code deploy/gateways} that tests run: the program, and what to change in its files. */
enum Gateway {
    NGINX("nginx", "nginx", "", "set $keylapse_scopes read;") {
        @Override
        List<String> prepare(Path folder, Addresses addresses) throws IOException {
            return nginx(folder, addresses, "");
        }
    },

    NGINX_NJS("nginx-njs", "nginx", "/usr/lib/nginx/modules/ngx_http_js_module.so", NGINX.defaultRoute) {
        @Override
        List<String> prepare(Path folder, Addresses addresses) throws IOException {
            Files.writeString(folder.resolve("keylapse.js"), file("keylapse.js"));
            return nginx(folder, addresses, "load_module " + requirement() + ";");
        }
    },

    HAPROXY("haproxy", "haproxy", "", "http-request set-var(txn.scopes) str(read)\n") {
        @Override
        List<String> prepare(Path folder, Addresses addresses) throws IOException {
            String socket = "abns@keylapse-" + addresses.port;
            Path lua = folder.resolve("keylapse.lua");
            Files.writeString(lua, replace(file("keylapse.lua"), "abns@keylapse", socket));
            String text = configuration("haproxy.cfg", addresses);
            text = replace(text, "# server keylapse2 127.0.0.1:8081", addresses.second("server keylapse2 127.0.0.1:"));
            text = replace(text, "bind :8000", "bind 127.0.0.1:" + addresses.port);
            text = replace(text, "bind abns@keylapse", "bind " + socket);
            text = replace(text, "/etc/haproxy/keylapse.lua", lua.toString());
            // They need root.
            text = replace(text, "    user  haproxy ", "    # ");
            text = replace(text, "    group haproxy", "");
            return List.of(
                    program(), "-db", "-f", write(folder, "haproxy.cfg", text).toString());
        }
    },

    CADDY("caddy", "caddy", "", "") {
        @Override
        List<String> prepare(Path folder, Addresses addresses) throws IOException {
            String text = configuration("Caddyfile", addresses);
            text = replace(text, "# to 127.0.0.1:8081", addresses.second("to 127.0.0.1:"));
            text = replace(text, "\n:8000 {", "\nhttp://:" + addresses.port + " {\n\tbind 127.0.0.1");
            text = replace(text, "127.0.0.1:8099", "127.0.0.1:" + addresses.further);
            text = replace(text, "http://:8099", "http://:" + addresses.further);
            text = replace(text, "\n{\n", "\n{\n\tadmin off\n\tauto_https off\n");
            Path file = write(folder, "Caddyfile", text);
            return List.of(program(), "run", "--adapter", "caddyfile", "--config", file.toString());
        }
    },

    APACHE("apache", "apache2", "/usr/share/lua/5.3/socket.lua", "{ path = \"/\", scopes = \"read\" },") {
        @Override
        List<String> prepare(Path folder, Addresses addresses) throws IOException {
            String text = configuration("keylapse.lua", addresses);
            text = replace(
                    text,
                    "-- { host = \"127.0.0.1\", port = 8081 },",
                    addresses.second("{ host = \"127.0.0.1\", port = ", " },"));
            Path lua = write(folder, "keylapse.lua", text);
            String site = replace(file("keylapse.conf"), "Listen 8000", "Listen 127.0.0.1:" + addresses.port);
            site = replace(site, "*:8000", "*:" + addresses.port);
            site = replace(site, "127.0.0.1:9000", "127.0.0.1:" + addresses.backend);
            site = replace(site, "/etc/apache2/keylapse.lua", lua.toString());
            String modules = Stream.of("mpm_event", "authz_core", "lua", "proxy", "proxy_http")
                    .map("LoadModule %1$s_module /usr/lib/apache2/modules/mod_%1$s.so\n"::formatted)
                    .reduce("", String::concat);
            Path file = write(folder, "apache2.conf", modules + """
                    ServerRoot %1$s
                    DefaultRuntimeDir %1$s
                    PidFile %1$s/pid
                    ErrorLog %1$s/error.log
                    ServerName localhost
                    User www-data
                    Group www-data
                    StartServers 1
                    ServerLimit 1
                    ThreadsPerChild %2$d
                    MaxRequestWorkers %2$d
                    """.formatted(folder, THREADS) + site);
            // It sends signals to its whole process group.
            return List.of("setsid", program(), "-DFOREGROUND", "-f", file.toString());
        }
    };

    /** How many requests each of these gateways can check at once. */
    static final int THREADS = 16;

    private static final List<Path> FOLDERS = Stream.of("/usr/sbin", "/usr/bin", "/opt/homebrew/bin")
            .map(Path::of)
            .toList();

    /**
     * Where a gateway, what it asks and what it protects are, all on loopback.
     *
     * @param further another free port for the gateway itself
     * @param nodes one port, or two
     */
    record Addresses(int port, int further, int backend, List<Integer> nodes, boolean hasDefaultRoute) {
        /** The line for the second node; none if there is one node. */
        private String second(String before) {
            return second(before, "");
        }

        private String second(String before, String after) {
            return nodes.size() < 2 ? "" : before + nodes.get(1) + after;
        }
    }

    private final String folder;
    private final String program;
    private final String requirement;
    /** What sets the scopes of {@code /}; empty if the configuration cannot be without. */
    private final String defaultRoute;

    Gateway(String folder, String program, String requirement, String defaultRoute) {
        this.folder = folder;
        this.program = program;
        this.requirement = requirement;
        this.defaultRoute = defaultRoute;
    }

    /** Writes the files into the folder; the result is the command that starts the gateway. */
    abstract List<String> prepare(Path folder, Addresses addresses) throws IOException;

    /** auth_request takes each 2xx for a yes, whatever its headers are. */
    boolean accepts2xxWithoutIdentity() {
        return this == NGINX;
    }

    /** auth_request drops the body of a refusal. nginx asks for it again, and shortens it if that takes too long. */
    boolean hasShortened(HttpMessage refusal) {
        return this == NGINX && refusal.body().contains("\"title\":\"Refused\"");
    }

    /** As trailers, which is no identity as long as the backend does not read them as headers. */
    boolean passesTrailersOn() {
        return this == HAPROXY;
    }

    boolean mergesSlashesAtTheBeginning() {
        return this == APACHE;
    }

    boolean isInstalled() {
        return FOLDERS.stream().anyMatch(each -> Files.isExecutable(each.resolve(program)))
                && (requirement.isEmpty() || Files.isReadable(Path.of(requirement)));
    }

    /** Skips the test if the gateway is not installed; with {@code REQUIRE_ALL_TESTS} set, that is a failure. */
    void assumeInstalled() {
        String description = program + (requirement.isEmpty() ? "" : " with " + requirement) + " is installed";
        if (System.getenv("REQUIRE_ALL_TESTS") == null) {
            assumeThat(isInstalled()).as(description).isTrue();
        }
        assertThat(isInstalled()).as(description).isTrue();
    }

    String program() {
        return FOLDERS.stream()
                .map(each -> each.resolve(program))
                .filter(Files::isExecutable)
                .findFirst()
                .orElseThrow()
                .toString();
    }

    String requirement() {
        return requirement;
    }

    String file(String name) throws IOException {
        return Files.readString(Path.of("deploy/gateways", folder, name));
    }

    /** A file with the ports of the backend and of the first node in it. */
    String configuration(String name, Addresses addresses) throws IOException {
        // The nodes first: other ports may contain these digits.
        String text = replace(file(name), "8080", Integer.toString(addresses.nodes.getFirst()))
                .replace("127.0.0.1:9000", "127.0.0.1:" + addresses.backend);
        return addresses.hasDefaultRoute ? text : replace(text, defaultRoute, "");
    }

    List<String> nginx(Path files, Addresses addresses, String modules) throws IOException {
        String text = configuration("keylapse.conf", addresses);
        text = replace(
                text,
                "# server 127.0.0.1:8081",
                addresses.nodes.size() < 2 ? "#" : addresses.second("server 127.0.0.1:"));
        text = replace(text, "listen 8000;", "listen 127.0.0.1:" + addresses.port + ";");
        String temporary = "client_body proxy fastcgi uwsgi scgi"
                .replaceAll("(\\w+)", "$1_temp_path " + Matcher.quoteReplacement(files.toString()) + "/$1;");
        Path file = write(files, "nginx.conf", """
                %s
                daemon off;
                master_process off;
                pid %s/pid;
                error_log stderr;
                events {}
                http {
                    access_log off;
                    %s
                    %s
                }
                """.formatted(modules, files, temporary, text));
        return List.of(program(), "-e", "stderr", "-c", file.toString());
    }

    static Path write(Path folder, String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text);
    }

    /** A changed file of {@code deploy/gateways} may need a change here. */
    static String replace(String text, String from, String to) {
        assertThat(text).contains(from);
        return text.replace(from, to);
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
