package io.keylapse.gateways;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.keylapse.gateways.KeylapseFront.Fault;
import io.keylapse.gateways.wire.HttpMessage;
import io.keylapse.harness.Node;
import java.net.URLDecoder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** Routes demand their scopes in every spelling of the path, and preflights pass only where a route is marked. */
class RoutesIT {
    /** Paths of the route for {@code /write} that gateways pass on as they are. */
    private static final List<String> WRITE = List.of("""
            /write //write ///write /%77rite /%77%72%69%74%65 /write/ /write/x /write?x=/../read /write;a=b
            /writeable""".split("\\s+", -1));

    /** Paths that a backend may read as {@code /write}, or differently from the gateway. */
    private static final List<String> AMBIGUOUS = List.of("""
            /./write /.//write /x/../write /x/%2e%2e/write /x/.%2e/write /%2e/write /%2E%2E/write
            /x%2F..%2Fwrite /x/..%2Fwrite /x%2f../write /write/../x /write/x/.. /write%2F..%2Fx /;/write
            /;a=b/write /.;/write /x/..;/write /x/%2e%2e;/write /\\write /%5Cwrite /x\\..\\write
            /public-api/../write /public-api/%2e%2e/write /public-api//../write /public-api%2F..%2Fwrite""".split("\\s+", -1));

    /** Paths that each gateway may route differently. None of them may lead a key without the scope to {@code /write}. */
    private static final List<String> ODD = List.of("""
            /%2Fwrite /write%2Fx /w%72ite%2f /write%00 /%00/write /x%00/../write /write#x /x#/../write
            /wri%0Ate /write. /write%20 http://api.example/write http://api.example//write /%57rite
            /%252Fwrite /%2577rite""".split("\\s+", -1));

    private static final List<String> INTERNAL = List.of("""
            /_keylapse/check /_keylapse/ask /_keylapse/refused /_keylapse/reason /_keylapse/unavailable
            //_keylapse/check /%5fkeylapse/check-again""".split("\\s+", -1));

    private static final String[] PREFLIGHT = {
        "Origin: https://app.example",
        "Access-Control-Request-Method: POST",
        "Access-Control-Request-Headers: x-api-key"
    };

    @TempDir
    static Path folder;

    private static final Node node = Node.shared();
    private static Sites sites = new Sites();
    private static String reader = "";
    private static String writer = "";

    @BeforeAll
    static void start() {
        reader = "X-API-Key: " + Sites.issue(node, Node.owner(), "P1D", "read").text("key");
        writer = "X-API-Key: "
                + Sites.issue(node, Node.owner(), "P1D", "read", "write").text("key");
        sites = Sites.start(folder, node.port());
    }

    /** Whether a lenient backend takes this for a path below {@code /write}. */
    private static boolean isWrite(String target) {
        String path = target.replaceFirst("^https?://[^/]*", "").replaceFirst("[?].*", "");
        String decoded = URLDecoder.decode(path.replace("+", "%2B"), ISO_8859_1).replace('\\', '/');
        var segments = new ArrayDeque<String>();
        for (String segment : decoded.split("/", -1)) {
            String name = segment.replaceFirst("(?s);.*", "");
            if (name.equals("..")) {
                segments.pollLast();
            } else if (!name.isEmpty() && !name.equals(".")) {
                segments.add(name);
            }
        }
        return !segments.isEmpty() && segments.getFirst().startsWith("write");
    }

    /** The site runs that file, so it runs these lines. */
    @Test
    void lines_of_the_readme_are_those_of_the_file_and_protect_a_backend() throws Exception {
        Matcher shown = Pattern.compile("(?s)```nginx\n(.*?)```").matcher(Files.readString(Path.of("README.md")));
        assertThat(shown.find()).isTrue();
        assertThat(Gateway.NGINX.file("keylapse.conf")).contains(shown.group(1));
        Site site = sites.of(Gateway.NGINX);
        assertThat(site.ask("GET /hello").status()).isEqualTo(401);
        assertThat(site.ask("GET /write", reader).status()).isEqualTo(403);
        assertThat(site.backend().takeReceived()).isEmpty();
        assertThat(site.ask("GET /hello", reader).body()).isEqualTo(Backend.ANSWER);
        assertThat(site.ask("GET /write", writer).body()).isEqualTo(Backend.ANSWER);
    }

    @ParameterizedTest
    @EnumSource
    void route_demands_its_scopes_in_every_spelling_of_its_path_which_passes_as_it_came(Gateway gateway)
            throws Exception {
        Site site = sites.of(gateway);
        for (String path : WRITE) {
            HttpMessage refused = site.ask("GET " + path, reader);
            assertThat(refused.status()).as(path).isEqualTo(403);
            assertThat(refused.one("X-Key-Code")).as(path).isEqualTo("SCOPE_MISSING");
            assertThat(site.backend().takeReceived()).as(path).isEmpty();
            assertThat(site.send("POST " + path, "1", writer).status()).as(path).isEqualTo(200);
            assertThat(site.backend().takeOnly().target())
                    .isEqualTo(gateway.mergesSlashesAtTheBeginning() ? path.replaceFirst("^/+", "/") : path);
        }
    }

    @ParameterizedTest
    @EnumSource
    void path_that_a_backend_may_read_differently_is_refused_for_everybody(Gateway gateway) throws Exception {
        Site site = sites.of(gateway);
        for (String path : AMBIGUOUS) {
            for (String key : List.of(reader, writer)) {
                HttpMessage refused = site.ask("GET " + path, key);
                assertThat(refused.status()).as(path).isEqualTo(400);
                assertThat(site.backend().takeReceived()).as(path).isEmpty();
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void no_spelling_lets_a_reader_write(Gateway gateway) throws Exception {
        Site site = sites.of(gateway);
        for (String path : ODD) {
            HttpMessage answer = site.ask("GET " + path, reader);
            assertThat(site.backend().takeReceived()).as(path).noneMatch(request -> isWrite(request.target()));
            if (isWrite(path)) {
                assertThat(answer.status()).as(path).isIn(400, 403, 404);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void callers_own_scopes_mean_nothing(Gateway gateway) throws Exception {
        Site site = sites.of(gateway);
        assertThat(site.ask("GET /x?scope=admin", reader, "X-Required-Scopes: admin")
                        .status())
                .isEqualTo(200);
        assertThat(site.backend().takeOnly().target()).isEqualTo("/x?scope=admin");
        assertThat(site.ask("GET /write?scope=read", reader, "X-Required-Scopes: read")
                        .status())
                .isEqualTo(403);
        assertThat(site.ask("GET /write", reader, "X-Required-Scopes: ").status())
                .isEqualTo(403);
        assertThat(site.backend().takeReceived()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void check_is_one_request_of_exactly_its_path_without_what_the_caller_sent(Gateway gateway) throws Exception {
        Site site = sites.of(gateway);
        int before = site.node().checks().size();
        site.send("POST /x/y?scope=admin&secret=1", "abc", reader, "Cookie: session=1");
        List<HttpMessage> checks = site.node().checks();
        assertThat(checks).hasSize(before + 1);
        HttpMessage check = checks.getLast();
        assertThat(check.target()).isEqualTo("/check");
        assertThat(check.body()).isEmpty();
        assertThat(check.all("Transfer-Encoding")).isEmpty();
        assertThat(check.all("Cookie")).isEmpty();
        assertThat(check.all("X-Required-Scopes")).containsExactly("read");
        site.backend().takeOnly();
    }

    @ParameterizedTest
    @EnumSource
    void locations_of_the_configuration_itself_cannot_be_reached(Gateway gateway) throws Exception {
        Site site = sites.of(gateway);
        for (String path : INTERNAL) {
            assertThat(site.ask("GET " + path).status()).as(path).isIn(401, 404);
        }
        assertThat(site.backend().takeReceived()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.EXCLUDE, names = "CADDY")
    void route_without_scopes_is_closed_to_everybody(Gateway gateway) throws Exception {
        gateway.assumeInstalled();
        Site site = Site.startWithoutDefaultRoute(gateway, folder, node.port());
        assertThat(site.ask("GET /x", writer).one("X-Key-Code")).isEqualTo("SCOPE_MISSING");
        assertThat(site.backend().takeReceived()).isEmpty();
        assertThat(site.ask("GET /write", writer).status()).isEqualTo(200);
    }

    @ParameterizedTest
    @EnumSource
    void preflight_passes_without_key_and_identity_on_a_marked_route_even_while_keylapse_is_down(Gateway gateway)
            throws Exception {
        Site site = sites.of(gateway);
        site.node().fail(Fault.DOWN);
        String key = reader.substring("X-API-Key: ".length());
        HttpMessage answer = site.ask(
                "OPTIONS /public-api/x",
                PREFLIGHT[0],
                PREFLIGHT[1],
                PREFLIGHT[2],
                reader,
                "Authorization: Bearer " + key,
                "X-Consumer-ID: forged",
                "X_Key_Scopes: forged");
        site.node().heal();
        assertThat(answer.status()).isEqualTo(200);
        HttpMessage received = site.backend().takeOnly();
        assertThat(received.head()).doesNotContain("forged", key);
        assertThat(received.all("Origin")).containsExactly("https://app.example");
        assertThat(received.all("Access-Control-Request-Method")).containsExactly("POST");
        assertThat(received.all("X-Consumer-ID")).allMatch(String::isEmpty);
    }

    @ParameterizedTest
    @EnumSource
    void what_is_no_preflight_or_on_no_marked_route_needs_a_key(Gateway gateway) throws Exception {
        Site site = sites.of(gateway);
        for (String methodAndTarget :
                List.of("OPTIONS /x", "OPTIONS /write", "OPTIONS //write", "POST /public-api/x", "GET /public-api/x")) {
            assertThat(site.ask(methodAndTarget, PREFLIGHT).status())
                    .as(methodAndTarget)
                    .isEqualTo(401);
        }
        for (String path : List.of(
                "/public-api/../write",
                "/public-api/%2e%2e/write",
                "/public-api/..%2fwrite",
                "/public-api%2f../write")) {
            assertThat(site.ask("OPTIONS " + path, PREFLIGHT).status()).as(path).isEqualTo(400);
        }
        assertThat(site.ask("OPTIONS /public-api/x").status()).isEqualTo(401);
        assertThat(site.ask("OPTIONS /public-api/x", PREFLIGHT[0]).status()).isEqualTo(401);
        assertThat(site.ask("OPTIONS /public-api/x", PREFLIGHT[1]).status()).isEqualTo(401);
        assertThat(site.backend().takeReceived()).isEmpty();
    }
}
