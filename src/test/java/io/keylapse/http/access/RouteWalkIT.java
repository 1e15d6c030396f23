package io.keylapse.http.access;

import static io.keylapse.harness.Node.freePort;
import static java.util.Objects.requireNonNull;
import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import io.keylapse.harness.Client;
import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import io.keylapse.http.access.audience.Audience;
import io.keylapse.http.gateway.RawConnection;
import io.keylapse.security.management.Role;
import io.micronaut.web.router.RouteInfo;
import io.micronaut.web.router.Router;
import io.micronaut.web.router.UriRouteInfo;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Calls all routes with every method, in many spellings of their paths, with every credential: a caller without the
 * right must never reach a controller.
 */
class RouteWalkIT {
    private static final int WALKERS = 8;
    private static final List<String> METHODS = List.of("GET", "HEAD", "POST", "PATCH", "DELETE", "Post");
    private static final List<String> ODD_METHODS = List.of("PUT", "OPTIONS", "TRACE", "PROPFIND", "get", "X");

    private static Node node;
    private static int gatewayPort;
    private static Witness witness;
    /** The routes of each path, by method. */
    private static Map<String, Map<String, UriRouteInfo<?, ?>>> routes;

    private static List<Caller> callers;

    /**
     * A caller.
     *
     * @param header the credential; null for none
     */
    private record Caller(String name, @Nullable String header, Function<Audience, Boolean> may) {}

    @BeforeAll
    static void start() throws IOException {
        gatewayPort = freePort();
        node = Node.start(
                Stores.shared(),
                Map.of(
                        "keylapse.gateway.port",
                        gatewayPort,
                        "keylapse.max-bad-credentials",
                        Integer.MAX_VALUE,
                        "micronaut.router.static-resources.api.paths",
                        "classpath:api",
                        "micronaut.router.static-resources.api.mapping",
                        "/static/**",
                        SilentController.SETTING,
                        true,
                        Witness.SETTING,
                        true));
        witness = node.bean(Witness.class);
        routes = new TreeMap<>();
        node.bean(Router.class)
                .uriRoutes()
                .forEach(route -> routes.computeIfAbsent(pathOf(route), _ -> new TreeMap<>())
                        .put(route.getHttpMethodName(), route));
        callers = new ArrayList<>();
        callers.add(new Caller("nobody", null, audience -> audience instanceof Audience.Anybody));
        callers.add(new Caller(
                "a guesser", "Authorization: Bearer klmgmt_guessed", audience -> audience instanceof Audience.Anybody));
        String key = node.issue(Duration.ofHours(1)).text("key");
        callers.add(new Caller(
                "holder",
                "X-API-Key: " + key,
                audience -> audience instanceof Audience.Anybody || audience instanceof Audience.Holders));
        for (Role role : Role.values()) {
            String managementKey = node.admin()
                    .post("/v1/management-keys", "{\"name\":\"walk\",\"role\":\"%s\"}".formatted(role.word()))
                    .text("key");
            callers.add(new Caller(
                    role.word(),
                    "Authorization: Bearer " + managementKey,
                    audience -> audience instanceof Audience.Anybody
                            || (audience instanceof Audience.Callers callers && callers.includes(role))));
        }
    }

    @Test
    void every_route_says_who_may_use_it() {
        Set<String> silent = new TreeSet<>();
        routes.forEach((path, byMethod) -> byMethod.forEach((method, route) -> {
            if (Audience.of(route) instanceof Audience.Nobody) {
                silent.add(method + " " + path);
            }
        }));
        assertThat(silent).containsExactly("GET /silent", "HEAD /silent", "POST /v1/silent/x");
    }

    @Test
    void only_callers_with_the_right_reach_each_route() throws Exception {
        var calls = new ArrayList<Call>();
        // An unknown parameter makes controllers refuse lists and keeps feeds from starting.
        routes.forEach((path, byMethod) -> byMethod.keySet()
                .forEach(method -> callers.forEach(caller -> calls.add(new Call(caller, method, path + "?walk")))));
        walk(node.port(), calls, (call, answer, reached) -> {
            String path = call.target().substring(0, call.target().indexOf('?'));
            UriRouteInfo<?, ?> route =
                    requireNonNull(requireNonNull(routes.get(path)).get(call.method()));
            boolean allowed = call.caller().may().apply(Audience.of(route));
            if (allowed != reached.isPresent() || answer.status() >= 500) {
                return Optional.of(allowed ? "is allowed" : "is not allowed");
            }
            boolean known = !Set.of("nobody", "a guesser", "holder")
                            .contains(call.caller().name())
                    && !(Audience.of(route) instanceof Audience.Holders);
            boolean rightly = allowed || answer.status() == (known ? 403 : 401);
            return rightly ? Optional.empty() : Optional.of("is refused otherwise");
        });
    }

    @Test
    void no_spelling_of_a_path_and_no_method_gets_past_the_gate() throws Exception {
        var calls = new ArrayList<Call>();
        routes.forEach((path, byMethod) -> {
            for (Caller caller : callers) {
                ODD_METHODS.forEach(method -> calls.add(new Call(caller, method, path + "/")));
                for (String spelling : spellings(path)) {
                    Stream<String> methods = caller.header() == null
                            ? METHODS.stream()
                            : byMethod.entrySet().stream()
                                    .filter(route -> !caller.may().apply(Audience.of(route.getValue())))
                                    .map(Map.Entry::getKey);
                    methods.forEach(method -> calls.add(new Call(caller, method, spelling)));
                }
            }
        });
        walk(node.port(), calls, (call, answer, reached) -> {
            if (reached.isPresent()) {
                return call.caller().may().apply(Audience.of(reached.get()))
                        ? Optional.empty()
                        : Optional.of("reached " + reached.get());
            }
            return answer.status() < 400 || answer.status() >= 500 ? Optional.of("is answered") : Optional.empty();
        });
    }

    @Test
    void no_route_can_be_reached_by_the_port_for_gateways() throws Exception {
        var calls = new ArrayList<Call>();
        Caller admin = callers.stream()
                .filter(caller -> caller.name().equals("admin"))
                .findFirst()
                .orElseThrow();
        routes.forEach((path, byMethod) -> spellings(path)
                .forEach(
                        spelling -> byMethod.keySet().forEach(method -> calls.add(new Call(admin, method, spelling)))));
        walk(
                gatewayPort,
                calls,
                (call, answer, reached) ->
                        reached.isPresent() || !Set.of(400, 404).contains(answer.status())
                                ? Optional.of("is answered")
                                : Optional.empty());
    }

    @Test
    void colon_of_a_verb_may_be_percent_encoded() throws Exception {
        for (String path : routes.keySet()) {
            if (path.contains(":")) {
                for (String encoded : List.of("%3A", "%3a")) {
                    Client admin = node.admin();
                    Answer plain = admin.post(path, "{}");
                    Answer spelled = admin.post(path.replace(":", encoded), "{}");
                    assertThat(spelled.status())
                            .as(path)
                            .isEqualTo(plain.status())
                            .isNotEqualTo(404);
                    assertThat(spelled.text("detail")).isEqualTo(plain.text("detail"));
                    assertThat(node.anonymous()
                                    .post(path.replace(":", encoded), "{}")
                                    .status())
                            .isEqualTo(401);
                }
            }
        }
    }

    @Test
    void undeclared_files_of_the_server_are_not_served() {
        assertThat(node.anonymous().get("/static/openapi.yaml").status()).isEqualTo(401);
        assertThat(node.admin().get("/static/openapi.yaml").status()).isEqualTo(403);
        assertThat(node.anonymous().get("/static/nothing").status()).isEqualTo(404);
    }

    @Test
    void what_the_gate_protects_is_not_to_be_kept_in_any_spelling() throws Exception {
        try (var connection = new RawConnection(node)) {
            for (String path : List.of("/v1/keys", "/introspect", "/revoke", "/v1/self", "/silent")) {
                for (String spelling : List.of(path, path + "/", "http://x" + path + "/", path + "?a=b")) {
                    String method = path.matches("/introspect|/revoke") ? "POST" : "GET";
                    Answer refused = connection.request(method, spelling).answer();
                    assertThat(refused.status()).as(spelling).isEqualTo(401);
                    assertThat(refused.header("Cache-Control")).as(spelling).isEqualTo("no-store");
                }
            }
            Answer shown = connection
                    .request("GET", "/v1/me/", "Authorization: Bearer " + Node.ADMIN_KEY)
                    .answer();
            assertThat(shown.status()).isEqualTo(200);
            assertThat(shown.header("Cache-Control")).isEqualTo("no-store");
        }
    }

    private record Call(Caller caller, String method, String target) {}

    private interface Judge {
        /** Why this response is wrong; empty if it is right. */
        Optional<String> complaint(Call call, Answer answer, Optional<RouteInfo<?>> reached);
    }

    private static void walk(int port, List<Call> calls, Judge judge) throws Exception {
        var next = new AtomicInteger();
        Queue<String> complaints = new ConcurrentLinkedQueue<>();
        try (var walkers = Executors.newFixedThreadPool(WALKERS)) {
            var walks = Stream.generate(() -> walkers.submit(() -> {
                        try (var walker = new Walker(port)) {
                            for (int i = next.getAndIncrement(); i < calls.size(); i = next.getAndIncrement()) {
                                Call call = calls.get(i);
                                String walk = UUID.randomUUID().toString();
                                Answer answer = walker.call(call, walk);
                                judge.complaint(call, answer, witness.reachedBy(walk))
                                        .ifPresent(complaint -> complaints.add("%s: %s %s -> %d: %s"
                                                .formatted(
                                                        call.caller().name(),
                                                        call.method(),
                                                        call.target(),
                                                        answer.status(),
                                                        complaint)));
                            }
                        }
                        return null;
                    }))
                    .limit(WALKERS)
                    .toList();
            for (var each : walks) {
                each.get();
            }
        }
        assertThat(calls).isNotEmpty();
        assertThat(complaints.stream().limit(50))
                .as("of %d calls", calls.size())
                .isEmpty();
    }

    /** Sends one request after the other, on one connection as long as it stays open. */
    private static final class Walker implements AutoCloseable {
        private final int port;
        private @Nullable RawConnection connection;

        Walker(int port) {
            this.port = port;
        }

        Answer call(Call call, String walk) throws IOException {
            RawConnection open = connection == null ? new RawConnection(port) : connection;
            connection = open;
            String walks = Witness.HEADER + ": " + walk;
            String credential = call.caller().header();
            RawConnection asked = credential == null
                    ? open.request(call.method(), call.target(), walks)
                    : open.request(call.method(), call.target(), walks, credential);
            Answer answer = call.method().equals("HEAD") ? asked.answerToHead() : asked.answer();
            // The rest of a chunked response is not read.
            if (answer.header("Content-Length") == null || "close".equals(answer.header("Connection"))) {
                close();
            }
            return answer;
        }

        @Override
        public void close() throws IOException {
            if (connection != null) {
                connection.close();
                connection = null;
            }
        }
    }

    private static String pathOf(UriRouteInfo<?, ?> route) {
        var values = new TreeMap<String, Object>();
        route.getUriMatchTemplate().getVariableNames().forEach(name -> values.put(name, "x"));
        return route.getUriMatchTemplate().expand(values);
    }

    /** Spellings of a path that a router, a filter or a proxy might treat as the same. */
    private static List<String> spellings(String path) {
        if (path.equals("/")) {
            return List.of(
                    "/",
                    "//",
                    "///",
                    "/.",
                    "/..",
                    "/;x",
                    "/;x=1/",
                    "/?x=1",
                    "/#x",
                    "/%20",
                    "/%00",
                    "/%2F",
                    "/*",
                    "http://x/",
                    "http://x",
                    "x://y@z/",
                    "//x/",
                    "/http://x/",
                    "*");
        }
        int second = path.indexOf('/', 1);
        int last = path.lastIndexOf('/');
        String name = path.substring(1);
        return List.of(
                path,
                path + "/",
                path + "//",
                "/" + path,
                path.replace("/", "//"),
                path + "/.",
                "/." + path,
                "/x/.." + path,
                path + "/../" + path.substring(last + 1),
                path + "/x/..",
                path + ";x",
                path + ";x=1/",
                path.substring(0, 2) + ";x" + path.substring(2),
                second < 0 ? "/;" + path : path.substring(0, second) + ";x" + path.substring(second),
                path + "?x=1",
                path + "/?x=1",
                path + "#x",
                path + "%20",
                path + "%00",
                path + "%2F",
                path + "%2f",
                path + "%3Fx",
                path + ".json",
                path + "*",
                path + "\\",
                path + "&x",
                path.substring(0, last) + "%2F" + path.substring(last + 1),
                "/" + name.replace("/", "%2f"),
                "/" + encoded(name.substring(0, 1)) + name.substring(1),
                path.substring(0, path.length() - 1) + encoded(path.substring(path.length() - 1)),
                "/" + Arrays.stream(name.split("/")).map(RouteWalkIT::encoded).collect(joining("/")),
                "/" + encoded(name).toLowerCase(Locale.ROOT),
                "/" + encoded(name).replace("%", "%25"),
                path.replace(":", "%3A"),
                path.replace(":", "%3a") + "/",
                path.toUpperCase(Locale.ROOT),
                "/" + name.substring(0, 1).toUpperCase(Locale.ROOT) + name.substring(1),
                "http://x" + path,
                "http://x" + path + "/",
                "HTTP://x:1" + path + "/?x=1",
                "x://y@z" + path,
                "http://x/" + path,
                "http://x?a=" + path,
                "//x" + path,
                "/http://x" + path,
                name,
                "*" + path);
    }

    private static String encoded(String text) {
        return text.chars().mapToObj(c -> "%%%02X".formatted(c)).collect(joining());
    }
}
